"""Settings, and what is wrong with them, said with its place."""

from pathlib import Path

import pytest

from activities.vault import Vault
from habeas.errors import ConfigurationError, EngineUnavailable
from workers.settings import Settings
from workers.wiring import connect_temporal, line_of, load_settings, open_vault

WHOLE = """\
policies = "controllers"
[ledger]
url = "postgresql://u:canary@127.0.0.1/x"
[keys]
master_file = "master.keys"
[storage]
url = "file:///var/x"
[mail]
host = "127.0.0.1"
port = 25
[systems.crm]
connector = "sql"
url = "postgresql://127.0.0.1/crm"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "habeas.toml"
    file.write_text(text)
    return file


def test_paths_are_meant_from_the_file(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, WHOLE))
    assert settings.keys.master_file == tmp_path / "master.keys"
    assert settings.policies == tmp_path / "controllers"
    assert settings.systems["crm"].options() == {"url": "postgresql://127.0.0.1/crm"}
    assert "canary" not in repr(settings)


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HABEAS_MAIL__PORT", "2525")
    monkeypatch.setenv("HABEAS_SYSTEMS__CRM__URL", "postgresql://elsewhere/crm")
    monkeypatch.setenv("HABEAS_CONFIG", str(written(tmp_path, WHOLE)))
    settings = load_settings()
    assert settings.mail.port == 2525
    assert settings.systems["crm"].options()["url"] == "postgresql://elsewhere/crm"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 25", "port = 'canary'", "line 10: `mail.port`"),
        ("port = 25", "prot = 25", "line 10: there is no setting `mail.prot`"),
        ("port = 25", "", "line 8: `mail.port` is missing (or set HABEAS_MAIL__PORT)"),
        ('policies = "controllers"', "", "`policies` is missing"),
        ('connector = "sql"', "", "line 11: `systems.crm.connector` is missing"),
        ("[mail]", "[mail", "this is not TOML"),
    ],
)
def test_a_faulty_setting_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, WHOLE.replace(old, new)))
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_faulty_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HABEAS_DESK__PORT", "canary")
    with pytest.raises(ConfigurationError, match="environment variable HABEAS_DESK__PORT") as caught:
        load_settings(written(tmp_path, WHOLE))
    assert "canary" not in str(caught.value)


def test_no_file_at_all_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HABEAS_CONFIG", raising=False)
    with pytest.raises(ConfigurationError, match="habeas up"):
        load_settings()
    with pytest.raises(ConfigurationError, match="There is no settings file"):
        load_settings(tmp_path / "other.toml")


def test_lines_are_found_in_dotted_and_quoted_keys() -> None:
    text = '# a\n[a."b"]\nc = 1\n[d]\ne.f = 2\n'
    assert line_of(text, ["a", "b", "c"]) == 3
    assert line_of(text, ["a", "b", "x"]) == 2
    assert line_of(text, ["d", "e", "f"]) == 5
    assert line_of(text, ["nowhere"]) is None


async def test_a_silent_temporal_is_ours_to_say(tmp_path: Path) -> None:
    Vault.create_file(tmp_path / "master.keys")
    settings: Settings = load_settings(written(tmp_path, WHOLE + '[temporal]\naddress = "127.0.0.1:1"\n'))
    with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:1"):
        await connect_temporal(settings)


def test_the_master_keys_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Vault.create_file(tmp_path / "master.keys")
    from_file = open_vault(load_settings(written(tmp_path, WHOLE)))
    monkeypatch.setenv("HABEAS_KEYS__MASTER", (tmp_path / "master.keys").read_text())
    with pytest.raises(ConfigurationError, match="give master_file, or master"):
        load_settings(written(tmp_path, WHOLE))
    bare = WHOLE.replace('[keys]\nmaster_file = "master.keys"\n', "")
    settings = load_settings(written(tmp_path, bare))
    assert open_vault(settings).fingerprint("p", "t") == from_file.fingerprint("p", "t")
    assert (tmp_path / "master.keys").read_text().partition(":")[2].strip() not in repr(settings)
    monkeypatch.setenv("HABEAS_KEYS__KMS", "aws-kms:alias/x")
    with pytest.raises(ConfigurationError, match="HABEAS_KEYS__MASTER, line 1"):
        open_vault(load_settings(written(tmp_path, bare)))
