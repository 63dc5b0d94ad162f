"""The image and the compose file say what the code says: settings, commands, search attributes, no secrets."""

from __future__ import annotations

import base64
import json
import re
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from activities.connectors import load_connector
from activities.vault import Vault
from habeas.policy import check_systems, load_policies
from tests.deploy.external import COMPOSE, IMAGE, ROOT, tool
from tests.docs.command_line import refusal
from workers.settings import Settings
from workers.wiring import load_settings

yaml = pytest.importorskip("yaml", reason="missing part: PyYAML")

HABEAS = "habeas:local"
VARIABLE = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")
NO_BASE = {"PYTHON_DIGEST": f"sha256:{'0' * 64}"}
"""A digest of nothing, to read the files by: only a registry knows one."""
NOT_SETTINGS = frozenset({"HABEAS_CONFIG"})


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder, prepared as its first line says."""
    folder = tmp_path_factory.mktemp("deploy") / "compose"
    shutil.copytree(COMPOSE, folder, ignore=shutil.ignore_patterns(".env", "secrets", "data"))
    _prepare(folder)
    return folder


@pytest.fixture(scope="module")
def services(prepared: Path) -> Mapping[str, Any]:
    """The services, with `.env` filled in as Compose does."""
    values = _env(prepared)
    text = VARIABLE.sub(lambda found: (values | NO_BASE)[found[1]], (COMPOSE / "compose.yaml").read_text())
    found: Mapping[str, Any] = yaml.safe_load(text)["services"]
    return found


def _prepare(folder: Path) -> None:
    # Without Docker on the PATH: no registry is asked for a digest.
    subprocess.run([folder / "prepare"], check=True, capture_output=True, timeout=60, env={"PATH": "/usr/bin:/bin"})  # noqa: S603  our own script


def _env(folder: Path) -> dict[str, str]:
    lines = (folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _ours(services: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, service in services.items():
        if service["image"].startswith("habeas"):
            yield name, service


def test_every_command_is_one_of_the_command_line(services: Mapping[str, Any]) -> None:
    commands = {name: service["command"] for name, service in services.items() if service["image"] == HABEAS}
    own = {name: words for name, words in commands.items() if "entrypoint" not in services[name]}
    assert own == {
        "worker": ["worker"],
        "desk": ["desk"],
        "codec": ["codec-server"],
        "bootstrap": ["bootstrap", "--grant-to", "habeas_app"],
    }
    for words in own.values():
        assert refusal(words) is None


def test_every_variable_is_a_setting_and_every_setting_is_valid(
    services: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, service in _ours(services):
        for variable in service["environment"]:
            section = variable.removeprefix("HABEAS_").split("__")[0].lower()
            assert variable in NOT_SETTINGS or section in Settings.model_fields, (name, variable)
        settings = _settings(service, monkeypatch)
        assert set(settings.systems) == {"crm", "billing", "support"}
        assert settings.ledger.url.get_secret_value().startswith("postgresql://habeas_")


def _settings(service: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings as the container reads them: its file, and its variables over it."""
    with monkeypatch.context() as patch:
        for variable, value in service["environment"].items():
            if variable not in NOT_SETTINGS:
                patch.setenv(variable, value)
        return load_settings(COMPOSE / "habeas.toml")


def test_what_the_settings_name_is_mounted(services: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    service = services["worker"]
    mounts = {each.split(":")[1]: (COMPOSE / each.split(":")[0]).resolve() for each in service["volumes"]}
    assert mounts.pop(service["environment"]["HABEAS_CONFIG"]) == COMPOSE / "habeas.toml"
    settings = _settings(service, monkeypatch)
    assert settings.storage.url.removeprefix("file://") in mounts
    assert settings.keys.master_file == Path("/run/secrets/master_key")
    file = tomllib.loads((COMPOSE / "habeas.toml").read_text())
    policies = load_policies(mounts[f"/etc/habeas/{file['policies']}"], only=file["controllers"])
    connectors = {}
    for name, system in settings.systems.items():
        inside = Path(system.options()["map"])
        here = mounts[str(inside.parent)] / inside.name
        connectors[name] = load_connector(
            name, {"connector": system.connector, **system.options(), "map": str(here)}
        ).manifest
    for policy in policies.values():
        check_systems(policy, connectors)


def test_processes_that_talk_to_each_other_agree(services: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(services["worker"], monkeypatch)
    assert settings.temporal.address == f"temporal:{7233}"
    assert settings.mail.host in services
    assert services["temporal-ui"]["environment"]["TEMPORAL_DEFAULT_NAMESPACE"] == settings.temporal.namespace
    assert services["proxy"]["network_mode"] == services["codec"]["network_mode"] == "service:desk"
    proxy = (COMPOSE / "proxy.conf").read_text()
    public, staff = proxy.split("server {")[1:]
    desk, codec = (f"{one.host}:{one.port}" for one in (settings.desk, settings.codec))
    assert set(re.findall(r"proxy_pass http://([^;]+);", public)) == {desk}
    assert dict(re.findall(r"location (\S+) \{ proxy_pass http://([^;]+);", staff)) == {"/": desk, "/codec/": codec}
    ui = services["temporal-ui"]
    (staffs,) = [each for each in services["desk"]["ports"] if each.endswith(":8472")]
    assert ui["environment"]["TEMPORAL_CODEC_ENDPOINT"] == f"http://{staffs.removesuffix(':8472')}/codec"
    assert settings.codec.ui_origin == f"http://{ui['ports'][0].rsplit(':', 1)[0]}"
    inside = {each.rsplit(":", 1)[1] for each in services["desk"]["ports"]}
    assert inside == set(re.findall(r"listen (\d+);", proxy))
    assert set(re.findall(r"location (.+?) \{ proxy_pass", public)) == {
        "/v/",
        "/d/",
        "/r/",
        "/p/",
        "/hooks/",
        "/ask/",
        "/opt-out/",
        "= /.well-known/gpc.json",
        "= /mine",
        "/mine/",
        "= /static/desk.css",
    }
    databases = (COMPOSE / "databases.sh").read_text()
    for role in ("habeas_owner", "habeas_app", "crm", "billing", "support"):
        assert f"CREATE ROLE {role} LOGIN" in databases


def test_the_first_request_finds_everything_in_place(services: Mapping[str, Any]) -> None:
    done, healthy = "service_completed_successfully", "service_healthy"
    for name in ("worker", "desk"):
        assert {each["condition"] for each in services[name]["depends_on"].values()} == {done}
        assert set(services[name]["depends_on"]) == {"bootstrap", "samples"}
    bootstrap = services["bootstrap"]
    assert bootstrap["depends_on"] == {"temporal": {"condition": healthy}, "postgres": {"condition": healthy}}
    assert bootstrap["environment"]["HABEAS_LEDGER__URL"].startswith("postgresql://habeas_owner:")


def test_nothing_is_open_and_nothing_runs_as_root(services: Mapping[str, Any]) -> None:
    for name, service in services.items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), (name, port)
        assert not service.get("privileged")
        assert not service["image"].endswith(":latest")
        assert ":" in service["image"]
    for name, service in _ours(services):
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"]
        assert int(service["user"].split(":")[0]) > 0


def test_secrets_are_made_once_and_differ_between_installations(prepared: Path, tmp_path: Path) -> None:
    before = {path: (prepared / path).read_bytes() for path in (".env", "secrets/master.key")}
    for path in before:
        assert stat.S_IMODE((prepared / path).stat().st_mode) == 0o600
    _prepare(prepared)
    assert {path: (prepared / path).read_bytes() for path in before} == before
    Vault.from_file(prepared / "secrets/master.key")
    assert len(base64.b64decode(before["secrets/master.key"].split(b":")[1])) == 32

    other = tmp_path / "compose"
    shutil.copytree(COMPOSE, other, ignore=shutil.ignore_patterns(".env", "secrets", "data"))
    _prepare(other)
    ours, theirs = _env(prepared), _env(other)
    passwords = [name for name in ours if name.endswith("_PASSWORD")]
    assert len({*(ours[name] for name in passwords), *(theirs[name] for name in passwords)}) == 2 * len(passwords)
    assert all(len(ours[name]) == 48 for name in passwords)


def test_the_files_hold_no_secret() -> None:
    for name, service in yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|PWD", variable):
                assert VARIABLE.fullmatch(value), (name, variable)
            for password in re.findall(r"//[^:@]+:(.+)@", str(value)):
                assert VARIABLE.fullmatch(password), (name, variable)
    file = tomllib.loads((COMPOSE / "habeas.toml").read_text())
    assert not {"url", "password"} & {key for name in ("keys", "mail") for key in file[name]}
    assert all("url" not in system for system in file["systems"].values())
    assert "ledger" not in file
    for line in (IMAGE / "Dockerfile").read_text().splitlines():
        assert not re.match(r"(?i)(ENV|ARG)\b.*(PASSWORD|PWD|SECRET|TOKEN|URL)", line.strip()), line


def test_the_image_is_built_from_what_the_context_lets_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    dockerfile = (IMAGE / "Dockerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE) for word in line.split()[:-1]}
    assert copied
    for word in copied:
        assert (ROOT / word).exists(), word
        assert any(word == one or word.startswith(f"{one}/") for one in let_in), word
    assert not {".git", ".venv", "var", "tests"} & let_in


def test_nobody_builds_on_a_base_that_is_not_pinned(prepared: Path) -> None:
    dockerfile = (IMAGE / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (python:\S+)", dockerfile, re.MULTILINE)
    assert len(bases) == 2
    assert all(base.endswith("@${PYTHON_DIGEST}") for base in bases)
    assert "ARG PYTHON_DIGEST\n" in dockerfile, "it has a default"
    refused = read_compose(prepared, {})
    assert refused.returncode != 0
    assert "PYTHON_DIGEST is missing a value" in refused.stderr


def test_compose_itself_reads_it_and_hadolint_has_nothing_to_say(prepared: Path) -> None:
    read = read_compose(prepared, NO_BASE)
    assert read.returncode == 0, read.stderr
    assert set(json.loads(read.stdout)["services"]) >= {"worker", "desk", "bootstrap", "prometheus", "grafana", "mail"}
    linted = subprocess.run([tool("hadolint"), IMAGE / "Dockerfile"], capture_output=True, text=True, timeout=60)  # noqa: S603  fixed words
    assert (linted.returncode, linted.stdout) == (0, "")


def read_compose(folder: Path, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    words = (tool("docker-compose"), "config", "--format", "json")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), **more}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)  # noqa: S603  fixed words


def test_the_collector_asks_where_processes_answer(
    services: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())["scrape_configs"]
    asked = {tuple(found["names"]): found["port"] for job in jobs for found in job["dns_sd_configs"]}
    settings = _settings(services["worker"], monkeypatch)
    assert asked == {("worker",): settings.metrics_port, ("desk",): settings.desk.metrics_port}
    assert settings.metrics_host == "0.0.0.0"  # noqa: S104 - inside its network
    source = yaml.safe_load((COMPOSE / "grafana/datasources/prometheus.yaml").read_text())["datasources"][0]
    assert source["url"] == "http://prometheus:9090"
    mounts = dict(each.split(":")[:2] for name in ("prometheus", "grafana") for each in services[name]["volumes"])
    assert all((COMPOSE / here).exists() for here in mounts if here.startswith("."))
    board = yaml.safe_load((COMPOSE / "grafana/dashboards/habeas.yaml").read_text())["providers"][0]
    assert board["options"]["path"] == mounts["../grafana"]


def test_the_images_last_word_is_the_plain_one() -> None:
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", (IMAGE / "Dockerfile").read_text(), re.MULTILINE)
    assert stages[-1][0] == "runtime"
    users = re.findall(r"^USER (\S+)$", (IMAGE / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["10001:10001", "0", "10001:10001"]
