"""Several models by name: what the file may say, and what is said where it is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.model_settings import Model, UnknownModel, shown
from bot.settings import Settings, SettingsError, all_fields, variable

FILE = """
[fast]
model = "gpt-5-mini"
key_env = "OPENAI_API_KEY"
context_window = 400_000
price_input = 0.25
price_cached = 0.025
price_output = 2.0

["qwen3-coder:30b"]
model = "qwen3-coder:30b"
base_url = "http://127.0.0.1:11434/v1/"
api = "chat"
stream = true
effort = "low"
"""
Write = Callable[[str], None]


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Write a file of models and name it in an environment that has no other setting."""
    for field in all_fields():
        monkeypatch.delenv(variable(field), raising=False)
    monkeypatch.setenv("PATCHBAY_GITHUB_APP_ID", "12")
    monkeypatch.setenv("PATCHBAY_GITHUB_PRIVATE_KEY", "PEM")
    monkeypatch.setenv("PATCHBAY_WEBHOOK_SECRET", "s" * 32)
    file = tmp_path / "models.toml"

    def written(text: str) -> None:
        file.write_text(text)
        monkeypatch.setenv("PATCHBAY_MODELS", str(file))

    return written


def test_a_file_names_models_and_the_first_is_the_usual_one(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(FILE)
    monkeypatch.setenv("MODEL", "another")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-canary")
    settings = Settings.load()
    fast, qwen = settings.choices()
    assert settings.model_named("") is fast
    assert settings.model_named("FAST") is fast
    assert settings.model_named("qwen3-coder:30b") is qwen
    assert (fast.base_url, fast.context_window) == ("https://api.openai.com/v1", 400_000)
    assert (fast.price_input, fast.price_cached, fast.price_output) == (0.25, 0.025, 2.0)
    assert fast.api_key.get_secret_value() == "sk-canary-canary"
    assert (qwen.base_url, qwen.api, qwen.effort) == ("http://127.0.0.1:11434/v1", "chat", "low")
    assert qwen.stream
    assert not qwen.api_key.get_secret_value()
    assert (fast.shown, qwen.shown) == ("fast (gpt-5-mini)", "qwen3-coder:30b")


def test_the_keys_of_all_models_are_secrets(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write('[deep]\nmodel = "m"\nkey_env = "SOME_KEY"')
    monkeypatch.setenv("SOME_KEY", "sk-canary-canary")
    settings = Settings.load()
    assert "sk-canary-canary" in settings.secrets()
    assert "canary" not in f"{settings!r} {settings.model_dump()}"


def test_one_model_by_plain_settings_is_a_choice_of_one(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("")
    monkeypatch.delenv("PATCHBAY_MODELS")
    assert Settings.load().choices() == ()
    monkeypatch.setenv("MODEL", "org/qwen 3")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
    monkeypatch.setenv("PATCHBAY_MODEL_CONTEXT_WINDOW", "64000")
    monkeypatch.setenv("PATCHBAY_PRICE_CACHED_PER_MTOK", "0.1")
    settings = Settings.load()
    one = settings.model_named("")
    assert (one.name, one.model, one.shown) == ("org/qwen 3",) * 3
    assert (one.context_window, one.price_cached) == (64_000, 0.1)
    assert one.base_url == "http://127.0.0.1:8080/v1"
    with pytest.raises(UnknownModel, match="no model 'big'; there is: org/qwen 3"):
        settings.model_named("big")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no model"),
        ("[fast", "is not TOML"),
        ('model = "x"', "'model' is no model: each has a part of its own"),
        ('[gpt-5.2]\nmodel = "x"', "'gpt-5': a name with a dot stands in quotes"),
        ('["two words"]\nmodel = "x"', "'two words' is no model"),
        ("[fast]", "fast: model: Field required"),
        ('[fast]\nmodel = ""', "fast: model:"),
        ('[fast]\nmodel = "x"\nbase_url = "localhost"', "fast: base_url: must begin with https://"),
        ('[fast]\nmodel = "x"\nprice = 1', "fast: price: Extra inputs"),
        ('[fast]\nmodel = "x"\napi = "grpc"', "fast: api:"),
        ('[fast]\nmodel = "x"\ncontext_window = 100', "fast: context_window:"),
        ('[fast]\nmodel = "x"\napi_key = "sk-canary"', "fast: api_key does not belong in the file"),
        ('[fast]\nmodel = "x"\n[Fast]\nmodel = "y"', "only in the size of their letters"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(write: Write, text: str, words: str) -> None:
    write(text)
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    [_, said] = str(raised.value).splitlines()
    assert said.startswith("  PATCHBAY_MODELS: ")
    assert words in said
    assert "canary" not in str(raised.value)


def test_a_file_that_is_not_there_stops_the_start(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("")
    monkeypatch.setenv("PATCHBAY_MODELS", "/nowhere/models.toml")
    with pytest.raises(SettingsError, match=r"PATCHBAY_MODELS: /nowhere/models[.]toml cannot"):
        Settings.load()


def test_a_cost_limit_needs_the_prices_of_every_model(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(FILE)
    monkeypatch.setenv("PATCHBAY_TASK_MAX_USD", "2")
    with pytest.raises(SettingsError, match=r"needs the prices of qwen3-coder:30b$"):
        Settings.load()
    write(FILE + "price_input = 0\nprice_output = 0\n")
    assert Settings.load().task_max_usd == 2


def test_people_are_told_the_name_of_a_model_that_is_gone() -> None:
    assert shown((Model(name="a", model="b"),), "") == "a (b)"
    assert shown((Model(name="a", model="b"),), "gone") == "gone"
    assert shown((), "") == ""
