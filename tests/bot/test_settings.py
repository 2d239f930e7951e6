"""Nothing starts without what it needs, and what is missing is named."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, all_fields, variable

SECRET = "s" * 32
COMPLETE = {
    "PATCHBAY_GITHUB_APP_ID": "12",
    "PATCHBAY_GITHUB_PRIVATE_KEY": "-----BEGIN X-----\\nabc\\n-----END X-----",
    "PATCHBAY_WEBHOOK_SECRET": SECRET,
}


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in all_fields():
        monkeypatch.delenv(variable(field), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_the_smallest_environment_starts() -> None:
    settings = Settings.load()
    assert settings.github_app_id == 12
    assert settings.private_key() == "-----BEGIN X-----\nabc\n-----END X-----"
    assert settings.database().startswith("sqlite:////")
    assert settings.command == "/agent"


@pytest.mark.parametrize("name", COMPLETE)
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=name):
        Settings.load()


@pytest.mark.parametrize("secret", ["", "short", "s" * 31])
def test_a_missing_or_short_webhook_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("PATCHBAY_WEBHOOK_SECRET", secret)
    with pytest.raises(SettingsError, match="PATCHBAY_WEBHOOK_SECRET"):
        Settings.load()


def test_all_mistakes_are_told_at_once_and_no_value_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHBAY_WEBHOOK_SECRET", "short-canary")
    monkeypatch.setenv("PATCHBAY_SANDBOX_CPUS", "none-canary")
    monkeypatch.setenv("PATCHBAY_COMMAND", "agent")
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    message = str(raised.value)
    names = ("PATCHBAY_WEBHOOK_SECRET", "PATCHBAY_SANDBOX_CPUS", "PATCHBAY_COMMAND")
    assert all(name in message for name in names)
    assert "canary" not in message
    assert raised.value.__cause__ is None


def test_names_without_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:databasepass@db/patchbay")
    monkeypatch.setenv("REDIS_URL", "redis://:redispassword@cache:6379/0")
    monkeypatch.setenv("MODEL", "qwen3-coder")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-canary")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1/")
    settings = Settings.load()
    assert settings.database() == "postgresql://bot:databasepass@db/patchbay"
    assert (settings.model, settings.openai_base_url) == ("qwen3-coder", "http://127.0.0.1:8080/v1")
    assert {"databasepass", "redispassword", "sk-canary-canary", SECRET} <= set(settings.secrets())


def test_the_key_can_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("PEM TEXT\n")
    monkeypatch.delenv("PATCHBAY_GITHUB_PRIVATE_KEY")
    monkeypatch.setenv("PATCHBAY_GITHUB_PRIVATE_KEY_FILE", str(file))
    assert Settings.load().private_key() == "PEM TEXT\n"


def test_a_key_file_that_is_not_there_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATCHBAY_GITHUB_PRIVATE_KEY_FILE", str(tmp_path / "no.pem"))
    with pytest.raises(SettingsError, match="PATCHBAY_GITHUB_PRIVATE_KEY_FILE"):
        Settings.load()


@pytest.mark.parametrize("name", ["PATCHBAY_TASK_MAX_USD", "PATCHBAY_REPOSITORY_USD_A_DAY"])
def test_a_cost_limit_needs_prices(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "2")
    with pytest.raises(SettingsError, match=f"{name} needs both PATCHBAY_PRICE"):
        Settings.load()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-canary")
    shown = f"{Settings.load()!r} {Settings.load()} {Settings.load().model_dump()}"
    assert SECRET not in shown
    assert "canary" not in shown
    assert "abc" not in shown


def test_every_setting_has_a_sentence() -> None:
    for name, field in all_fields().items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_what_a_setup_may_know_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHBAY_SETUP_ENV", "PIP_INDEX_URL=https://mirror.example.org/simple A=b")
    assert Settings.load().setup_env == ("PIP_INDEX_URL=https://mirror.example.org/simple", "A=b")


@pytest.mark.parametrize(
    "value",
    [
        "NPM_TOKEN=canary",
        "PIP_INDEX_URL=https://bot:canary@mirror.example.org/simple",
        "X=ghp_canarycanarycanarycanarycanarycanary",
        "no-equals",
        "=canary",
        "a b=canary",
    ],
)
def test_a_key_for_a_setup_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PATCHBAY_SETUP_ENV", value)
    with pytest.raises(SettingsError, match="PATCHBAY_SETUP_ENV") as raised:
        Settings.load()
    assert "canary" not in str(raised.value)
