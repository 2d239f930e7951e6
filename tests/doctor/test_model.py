"""What the doctor says of a model: it answers, calls a tool, reads all, says its usage."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from bot.model_settings import Model
from bot.settings import Settings
from demo.model import Script, ScriptedModel, Turn
from jobs.doctor.finding import Finding, Level
from jobs.doctor.model import check_models

Start = Callable[..., ScriptedModel]


def report(word: str, **more: Any) -> dict[str, Any]:
    return {"calls": [{"name": "report", "arguments": {"word": word}}], **more}


def script(*, short: dict[str, Any], long: dict[str, Any]) -> list[Script]:
    """What is answered to each of the two questions."""
    return [
        Script("marmalade", (Turn.read(short),)),
        Script("word of the day", (Turn.read(long),)),
    ]


GOOD = script(short=report("marmalade"), long=report("Wicket."))


def tried(*models: Model, **more: Any) -> list[Finding]:
    settings = Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr("s" * 32),
        models=models,
        **more,
    )
    return list(check_models(settings))


def lines(found: list[Finding]) -> list[str]:
    return [f"{one.level.value} {one.words}" for one in found]


def at(model: ScriptedModel, **more: Any) -> Model:
    return Model(name="fast", model="m", base_url=model.base_url, **more)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_model_that_is_well_has_a_line_for_each_thing(api: Any, scripted_model: Start) -> None:
    model = scripted_model(GOOD)
    found = tried(at(model, api=api))
    assert {one.about for one in found} == {"model fast"}
    answers, tool, usage, prompt = lines(found)
    assert answers.startswith(f"ok {model.base_url} answers as m in ")
    assert tool == "ok it calls a tool when asked to"
    assert usage.startswith("ok its server says its usage: ")
    assert prompt.startswith("ok it reads a prompt of some 16,")
    assert len(model.requests) == 2
    assert 60_000 < len(model.requests[1].body) < 70_000


@pytest.mark.parametrize(
    ("short", "words", "mend"),
    [
        ({"text": "<tool_call>{}"}, "FAIL it calls no tool; it says '<tool_call>{}'", "parser"),
        ({"calls": [{"name": "report", "arguments": "{"}]}, "FAIL its tool call cannot", "parser"),
        (report("jam"), "FAIL its tool call cannot be read", "parser"),
        ({"text": "hm", "finish": "length"}, "warning it wrote 4000 tokens and no", "effort"),
    ],
)
def test_a_tool_call_that_is_not_understood_is_told(
    short: dict[str, Any], words: str, mend: str, scripted_model: Start
) -> None:
    found = tried(at(scripted_model(script(short=short, long=report("wicket")))))
    assert lines(found)[1].startswith(words)
    assert mend in found[1].mend


def test_a_server_that_does_not_count_is_remarked_on(scripted_model: Start) -> None:
    turns = script(short=report("marmalade", usage=False), long=report("wicket", usage=False))
    found = tried(at(scripted_model(turns)))
    assert lines(found)[2].startswith("warning its server does not say how many tokens")
    assert found[3].level is Level.OK


CUT = {"prompt_tokens": 4096, "completion_tokens": 9}
WHOLE = {"prompt_tokens": 16_000, "completion_tokens": 9}
CACHED = {
    "prompt_tokens": 100,
    "completion_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 15_900},
}


@pytest.mark.parametrize(
    ("long", "words", "mend"),
    [
        (report("wicket", usage=CUT), "its server read 4,096: the rest was cut off", "num_ctx"),
        (report("note", usage=False), "FAIL it does not know the beginning", "num_ctx"),
        (report("note", usage=WHOLE), "warning its server read all of 16,000", "stronger model"),
        (report("wicket", usage=CACHED), "ok it reads a prompt", ""),
    ],
)
def test_a_prompt_that_is_cut_without_a_word_is_found_out(
    long: dict[str, Any], words: str, mend: str, scripted_model: Start
) -> None:
    found = tried(at(scripted_model(script(short=report("marmalade"), long=long))))
    assert words in lines(found)[3]
    assert mend in found[3].mend


def test_a_small_window_gets_a_smaller_prompt(scripted_model: Start) -> None:
    model = scripted_model(GOOD)
    assert tried(at(model, context_window=8_000))[3].level is Level.OK
    assert 20_000 < len(model.requests[1].body) < 25_000


def test_a_window_that_the_server_calls_too_large_is_told(scripted_model: Start) -> None:
    body = {"error": {"message": "This model's maximum context length is 4096 tokens."}}
    fault = {"status": 400, "body": body, "times": 0}
    turns = script(short=report("marmalade"), long=report("wicket", faults=[fault]))
    found = tried(at(scripted_model(turns)))[3]
    assert found.level is Level.FAIL
    assert "with a prompt of 16,000 tokens: " in found.words
    assert "window" in found.mend


def test_a_server_that_gives_up_on_a_long_prompt_is_told(scripted_model: Start) -> None:
    turns = script(
        short=report("marmalade"), long=report("wicket", faults=[{"status": 504, "times": 0}])
    )
    found = tried(at(scripted_model(turns)))[3]
    assert found.level is Level.FAIL
    assert "answered 504" in found.words
    assert "reads faster" in found.mend


@pytest.mark.parametrize(
    ("fault", "words", "mend"),
    [
        ({"status": 401, "body": {"error": {"message": "wrong key"}}}, "wrong key", "name, key"),
        ({"status": 404, "body": {"error": {"message": "no model m"}}}, "no model m", "name, key"),
        ({"status": 402}, "answered 402", "credit"),
        ({"status": 500}, "answered 500", "the server's own log"),
        ({"status": 429}, "answered 429", "wait a while, or have the limit raised"),
        ({"status": 429, "headers": {"Retry-After": "3600"}}, "alone for 3600 s", "wait 3600 s"),
        ({"status": 409}, "answered 409", "ask again"),
        ({"body": "<html>"}, "answered with a web page", "address"),
    ],
)
def test_a_server_that_refuses_is_told_with_the_mend(
    fault: dict[str, Any], words: str, mend: str, scripted_model: Start
) -> None:
    turns = script(short=report("x", faults=[{**fault, "times": 0}]), long=report("x"))
    [found] = tried(at(scripted_model(turns)))
    assert found.level is Level.FAIL
    assert words in found.words
    assert mend in found.mend


def test_half_a_key_that_a_server_repeats_is_not_shown_either(scripted_model: Start) -> None:
    key = "sk-local-" + "k" * 40
    text = f"{'x' * 60} {key}"
    model = scripted_model(script(short={"text": text}, long=report("wicket")))
    found = tried(at(model, key_env="A_KEY", api_key=SecretStr(key)))
    assert found[1].words.endswith("x [removed]'")


def test_each_model_is_tried_whatever_the_others_are(scripted_model: Start) -> None:
    away = Model(name="away", model="m", base_url="http://127.0.0.1:1/v1")
    keyless = Model(name="keyless", model="m", key_env="NO_SUCH_KEY")
    openai = Model(name="openai", model="m")
    found = tried(away, keyless, openai, at(scripted_model(GOOD)))
    assert [one.about.split()[1] for one in found] == [
        "away", "keyless", "openai", "fast", "fast", "fast", "fast",
    ]  # fmt: skip
    assert "cannot be reached" in found[0].words
    assert found[1].words == "NO_SUCH_KEY is not set"
    assert found[2].words == "OPENAI_API_KEY is not set"


def test_the_one_model_of_plain_settings_is_tried(scripted_model: Start) -> None:
    model = scripted_model(GOOD)
    found = tried(model="qwen", openai_base_url=model.base_url)
    assert {one.about for one in found} == {"model qwen"}
    assert [one.level for one in found] == [Level.OK] * 4
    assert [one.words for one in tried()] == ["MODEL is not set"]
