"""The Helm chart, by Helm itself and by Kubernetes' own schemas: what it makes is what the code takes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from temporalio.envconfig import ClientConfig
from temporalio.service import TLSConfig

from docs import chart
from tests.deploy.external import ROOT, tool
from tests.docs.command_line import refusal
from workers.wiring import load_settings

yaml = pytest.importorskip("yaml", reason="missing part: PyYAML")

CHART = chart.CHART
EXAMPLE = CHART.parent / "example-values.yaml"
ROLES = {"Deployment", "Job"}
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}
"""Kinds that other programs bring: Kubernetes has no schemas of them."""
SECRETS: Mapping[str, Mapping[str, str]] = {
    "habeas-settings": {"HABEAS_LEDGER__URL": "postgresql://app@db/habeas", "HABEAS_MAIL__PASSWORD": "made-up"},
    "habeas-owner": {"HABEAS_LEDGER__URL": "postgresql://owner@db/habeas"},
    "habeas-billing": {"HABEAS_LEDGER__URL": "postgresql://app@db/habeas", "HABEAS_SYSTEMS__BILLING__URL": "x://y"},
    "habeas-sign-in": {
        f"HABEAS_DESK__SIGN_IN__{name}": value
        for name, value in (("ISSUER", "https://login.example"), ("CLIENT_ID", "habeas"), ("CLIENT_SECRET", "x"))
    },
}
"""What the example's Secrets would hold."""


def helm(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    own = {f"HELM_{kind}_HOME": str(folder) for kind in ("CACHE", "CONFIG", "DATA")}
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), **own}
    return subprocess.run([tool("helm"), *words], env=environment, capture_output=True, text=True, timeout=120)  # noqa: S603  fixed words


def template(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return helm("template", "habeas", CHART, "--values", EXAMPLE, *words, folder=folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the example makes."""
    folder = tmp_path_factory.mktemp("chart")
    ended = template(folder)
    assert ended.returncode == 0, ended.stderr
    file = folder / "made.yaml"
    file.write_text(ended.stdout)
    return file


@pytest.fixture(scope="module")
def objects(made: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(made.read_text()) if one]


def _pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in objects:
        if one["kind"] in ROLES:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def test_helm_and_kubernetes_take_it(made: Path, objects: list[dict[str, Any]]) -> None:
    linted = helm("lint", "--strict", CHART, "--values", EXAMPLE, folder=made.parent)
    assert linted.returncode == 0, linted.stdout
    words = (tool("kubernetes-validate"), "--strict", "--kubernetes-version", "1.37", made)
    checked = subprocess.run(words, capture_output=True, text=True, timeout=120)  # noqa: S603  fixed words
    said = (checked.stdout + checked.stderr).splitlines()
    assert checked.returncode == 0, said
    passed = sum(" passed for resource " in line for line in said)
    assert passed == len([one for one in objects if one["kind"] not in CUSTOM])


def test_every_role_gets_settings_that_it_starts_with(
    objects: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "habeas.toml"
    texts = [one["data"]["habeas.toml"] for one in objects if "habeas.toml" in one.get("data", {})]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    file.write_text(texts[0])
    seen = {}
    for name, pod in _pods(objects):
        (container,) = pod["containers"]
        assert refusal(container["args"]) is None, container["args"]
        with monkeypatch.context() as patch:
            for source in container["envFrom"]:
                for key, value in SECRETS[source["secretRef"]["name"]].items():
                    patch.setenv(key, value)
            for one in container["env"]:
                patch.setenv(one["name"], one["value"])
            settings = load_settings(file)
        seen[name] = container["args"][0]
        if container["args"][0] == "worker":
            ports = {one["name"]: one["containerPort"] for one in container["ports"]}
            assert ports == {"health": settings.health.port, "metrics": settings.metrics_port}
            assert {settings.health.host, settings.metrics_host} == {"0.0.0.0"}  # noqa: S104 - inside its network
        if container["args"][0] == "desk":
            ports = {one["name"]: one["containerPort"] for one in container["ports"]}
            assert ports == {"http": settings.desk.port, "metrics": settings.desk.metrics_port}
            assert settings.metrics_host == "0.0.0.0"  # noqa: S104 - inside its network
            assert settings.desk.sign_in is not None
        if container["args"][0] == "codec-server":
            assert container["ports"][0]["containerPort"] == settings.codec.port
            assert (settings.codec.host, settings.codec.names) == ("0.0.0.0", ("privacy.example",))  # noqa: S104
            assert settings.desk.sign_in is not None
        builds = settings.temporal.deployment, settings.temporal.build
        assert (builds == (None, None)) is (not name.startswith("habeas-worker"))
    assert seen == {
        "habeas-worker-0-1-0": "worker",
        "habeas-worker-0-2-0": "worker",
        "habeas-connector-billing": "worker",
        "habeas-desk": "desk",
        "habeas-codec": "codec-server",
        "habeas-bootstrap": "bootstrap",
    }


def test_temporals_own_variables_name_the_mounted_certificate(
    objects: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, pod in _pods(objects):
        (container,) = pod["containers"]
        mounted = {one["mountPath"] for one in container["volumeMounts"] if one["name"] == "temporal-tls"}
        for one in container["env"]:
            if one["name"].startswith("TEMPORAL_TLS"):
                path = Path(one["value"])
                assert {str(path.parent)} == mounted, name
                (tmp_path / path.name).write_text(path.name)
                monkeypatch.setenv(one["name"], str(tmp_path / path.name))
    tls = ClientConfig.load_client_connect_config()["tls"]
    assert isinstance(tls, TLSConfig)
    found = (tls.client_cert, tls.client_private_key, tls.server_root_ca_cert)
    assert found == (b"tls.crt", b"tls.key", b"ca.crt")


def test_every_pod_is_locked_and_keeps_the_key_to_itself(objects: list[dict[str, Any]]) -> None:
    for name, pod in _pods(objects):
        assert pod["securityContext"]["runAsNonRoot"], name
        assert not pod["automountServiceAccountToken"]
        for container in (*pod["initContainers"], *pod["containers"]):
            locked = container["securityContext"]
            assert locked["readOnlyRootFilesystem"]
            assert not locked["allowPrivilegeEscalation"]
            assert locked["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert "@sha256:" in container["image"]
        (key,) = [one for one in pod["volumes"] if one["name"] == "key"]
        assert key["emptyDir"]["medium"] == "Memory"
        assert "umask 077" in pod["initContainers"][0]["command"][2]


def test_a_connectors_secrets_and_network_are_its_own(objects: list[dict[str, Any]]) -> None:
    secrets = {
        name: {one["secretRef"]["name"] for one in pod["containers"][0]["envFrom"]} for name, pod in _pods(objects)
    }
    assert secrets["habeas-connector-billing"] == {"habeas-billing"}
    assert [name for name, held in secrets.items() if "habeas-billing" in held] == ["habeas-connector-billing"]
    assert [name for name, held in secrets.items() if "habeas-owner" in held] == ["habeas-bootstrap"]
    policies = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "NetworkPolicy"}
    own = policies["habeas-connector-billing"]
    assert own["podSelector"]["matchLabels"]["habeas/connector"] == "billing"
    assert "10.30.0.7/32" in str(own["egress"])
    assert [name for name, one in policies.items() if "10.30.0.7" in str(one)] == ["habeas-connector-billing"]
    every = policies["habeas"]
    assert every["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in every
    assert set(every["podSelector"]["matchLabels"]) == {"app.kubernetes.io/name", "app.kubernetes.io/instance"}


def test_bootstrap_runs_before_anything_else(objects: list[dict[str, Any]]) -> None:
    hooks = {
        (one["kind"], one["metadata"]["name"]): int(one["metadata"]["annotations"]["helm.sh/hook-weight"])
        for one in objects
        if "helm.sh/hook" in one["metadata"].get("annotations", {})
    }
    assert hooks == {("ConfigMap", "habeas-bootstrap-settings"): -10, ("Job", "habeas-bootstrap"): 0}
    (job,) = [one for one in objects if one["kind"] == "Job"]
    named = {one["configMap"]["name"] for one in job["spec"]["template"]["spec"]["volumes"] if "configMap" in one}
    assert named == {"habeas-bootstrap-settings", "habeas-policies", "habeas-maps"}
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == "default", "the chart's own is not there yet"


def test_what_scales_asks_the_queues_that_its_workers_serve(objects: list[dict[str, Any]]) -> None:
    scaled = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "ScaledObject"}
    assert set(scaled) == {"habeas-worker-0-1-0", "habeas-worker-0-2-0"}
    asked = [one["metadata"] for one in scaled["habeas-worker-0-2-0"]["triggers"]]
    assert [one["taskQueue"] for one in asked] == ["habeas", "habeas.crm", "habeas.support"]
    assert {one["workerDeploymentBuildId"] for one in asked} == {"0.2.0"}
    deployments = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "Deployment"}
    assert "replicas" not in deployments["habeas-worker-0-1-0"], "two would set it"
    assert deployments["habeas-desk"]["replicas"] == 2
    guarded = {one["metadata"]["name"] for one in objects if one["kind"] == "PodDisruptionBudget"}
    assert guarded == set(deployments) - {"habeas-codec"}, "of one pod there is nothing to keep"


def test_operators_get_the_board_and_the_alerts_as_they_are(objects: list[dict[str, Any]], tmp_path: Path) -> None:
    (board,) = [one for one in objects if one["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    assert json.loads(board["data"]["habeas.json"]) == json.loads((ROOT / "deploy/grafana/habeas.json").read_text())
    (rules,) = [one["spec"] for one in objects if one["kind"] == "PrometheusRule"]
    assert rules == yaml.safe_load((ROOT / "deploy/prometheus/habeas.rules.yml").read_text())
    plain = template(tmp_path, "--set", "metrics.rules.enabled=false,metrics.board.enabled=false").stdout
    assert "PrometheusRule" not in plain
    assert "grafana_dashboard" not in plain


def test_the_codec_server_is_under_the_desks_name_for_staff_alone(objects: list[dict[str, Any]]) -> None:
    doors = {one["metadata"]["name"]: one["spec"]["rules"][0] for one in objects if one["kind"] == "Ingress"}
    behind = {
        name: {one["path"] for one in door["http"]["paths"] if one["backend"]["service"]["name"] == "habeas-codec"}
        for name, door in doors.items()
    }
    assert behind == {"habeas-desk-person": set(), "habeas-desk-staff": {"/codec/"}}
    assert {door["host"] for door in doors.values()} == {"privacy.example"}


def test_nobody_but_the_public_pages_is_at_the_persons_door(objects: list[dict[str, Any]]) -> None:
    doors = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "Ingress"}
    paths = {one["path"] for one in doors["habeas-desk-person"]["rules"][0]["http"]["paths"]}
    proxy = (ROOT / "deploy/compose/proxy.conf").read_text().split("server {")[1]
    assert all(f"location {path}" in proxy or f"location = {path}" in proxy for path in paths)
    assert proxy.count("proxy_pass") == len(paths) + 1, "/mine stands for /mine/, too"


def test_what_lacks_is_named_and_what_is_misspelt_is_refused(tmp_path: Path) -> None:
    for words, said in (
        (("--set", "image.digest=", "--set", "versioning.enabled=false"), "image.digest (or image.tag) is required"),
        (("--set", "secrets.masterKey="), "secrets.masterKey is required"),
        (("--set", "settings="), "settings is required"),
        (("--set", "connectors.billing.secret="), "minLength"),
        (("--set-json", "networkPolicy.egress=[]"), "networkPolicy.egress is required"),
        (("--set-json", "connectors.billing.egress=[]"), "connectors.billing.egress is required"),
        (("--set", "policies.existingConfigMap="), "policies.files (or policies.existingConfigMap) is required"),
        (("--set", "worker.replica=3"), "'replica' not allowed"),
        (("--set", "worker.replicas=many"), "got string, want integer"),
    ):
        ended = template(tmp_path, *words)
        assert ended.returncode != 0, words
        assert said in ended.stderr, ended.stderr


def test_the_readme_explains_every_value() -> None:
    assert (CHART / "README.md").read_text() == chart.page(), "run python -m docs.chart"
