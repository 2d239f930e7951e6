"""A second opinion: our wires and our loop against LiteLLM's proxy, which we did not write."""

import json
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from pydantic import SecretStr

from bot.model_settings import Model
from demo.model import Script, ScriptedModel, Turn
from jobs.agent import Budget, IssueText, Outcome, run
from jobs.doctor.finding import Level
from jobs.model import ModelError, ModelErrorKind, Reply, Stop, Wire
from tests.agent import given
from tests.doctor.test_model import report, tried
from tests.fixtures.litellm_proxy import KEY, litellm_before
from tests.model.conftest import ask

CALLS = [
    {"name": "bash", "arguments": {"command": "pytest"}},
    {"name": "bash", "arguments": {"command": "printf '\\tünïcode “quoted” 🦊'"}},
]
FIGURES: dict[str, dict[str, Any]] = {
    "ChatWire": {
        "prompt_tokens": 1200,
        "completion_tokens": 34,
        "total_tokens": 1234,
        "prompt_tokens_details": {"cached_tokens": 1000},
        "completion_tokens_details": {"reasoning_tokens": 5},
    },
    "ResponsesWire": {
        "input_tokens": 1200,
        "output_tokens": 34,
        "total_tokens": 1234,
        "input_tokens_details": {"cached_tokens": 1000},
        "output_tokens_details": {"reasoning_tokens": 5},
    },
}
WAYS = ("chat", "chat streamed", "responses")
TURNS: list[dict[str, Any]] = [{"text": "I look.", "calls": CALLS, "reasoning": "deep"}] * 4
PLANS = [given.turn(given.plan(f"step {number}")) for number in range(8)]


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "x", "code": code, "param": None}}


FAULTS: dict[str, tuple[dict[str, Any], ModelErrorKind]] = {
    "quota": (
        {"status": 429, "body": _error("You exceeded your current quota", "insufficient_quota")},
        ModelErrorKind.QUOTA,
    ),
    "payment": ({"status": 402, "body": _error("Insufficient Balance", "x")}, ModelErrorKind.QUOTA),
    "rate": (
        {"status": 429, "body": _error("slow down", "rate_limit_exceeded")},
        ModelErrorKind.RETRY,
    ),
    "mishap": ({"status": 500, "body": _error("mishap", "server_error")}, ModelErrorKind.RETRY),
    "gateway": ({"status": 502, "body": "<html>bad gateway</html>"}, ModelErrorKind.RETRY),
    "dropped": ({"drop": True}, ModelErrorKind.RETRY),
    "too long": (
        {
            "status": 400,
            "body": _error(
                "This model's maximum context length is 4096 tokens", "context_length_exceeded"
            ),
        },
        ModelErrorKind.OVERFLOW,
    ),
    "key": ({"status": 401, "body": _error("Incorrect API key", "x")}, ModelErrorKind.CONFIG),
    "name": ({"status": 404, "body": _error("no such model", "x")}, ModelErrorKind.CONFIG),
    "policy": (
        {
            "status": 400,
            "body": _error(
                "The response was filtered due to the prompt triggering Azure OpenAI's content "
                "management policy.",
                "content_filter",
            ),
        },
        ModelErrorKind.REFUSED,
    ),
}


def _script(about: str, *turns: dict[str, Any]) -> Script:
    return Script(f"<{about}>", tuple(Turn.read(turn) for turn in turns))


SCRIPTS = [
    _script("tools", *TURNS, {"text": "Done."}),
    *(_script(kind, {"text": "x", "usage": figures}) for kind, figures in FIGURES.items()),
    _script("length", {"text": "half", "calls": CALLS, "finish": "length"}),
    _script("filter", {"text": "", "finish": "content_filter"}),
    _script("empty", {"text": ""}),
    _script("slow", {"text": "late", "latency": 60}),
    *(_script(way, {"text": "fine", "faults": [{"status": 500, "times": 2}]}) for way in WAYS),
    *(_script(name, {"faults": [{**fault, "times": 0}]}) for name, (fault, _) in FAULTS.items()),
    _script("plans", *PLANS),
    Script("marmalade", (Turn.read(report("marmalade")),)),
    Script("word of the day", (Turn.read(report("wicket")),)),
]
Open = Callable[..., Wire]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ScriptedModel]]:
    with litellm_before(tmp_path_factory.mktemp("litellm"), SCRIPTS) as running:
        yield running


@pytest.fixture(params=WAYS)
def wire(request: pytest.FixtureRequest, proxy: tuple[str, ScriptedModel], wire_to: Open) -> Wire:
    api, _, streamed = request.param.partition(" ")
    return wire_to(proxy[0], api, stream=bool(streamed), api_key=KEY, model="canned")


@pytest.fixture
def behind(proxy: tuple[str, ScriptedModel]) -> Callable[[], list[dict[str, Any]]]:
    """What the model behind the proxy was asked since the test began."""
    before = len(proxy[1].requests)
    return lambda: [request.parsed for request in proxy[1].requests[before:]]


def about(wire: Wire, what: str) -> Reply:
    return ask(wire, wire.user(f"<{what}>"))


def test_turns_with_tools_go_there_and_back(
    wire: Wire, behind: Callable[[], list[dict[str, Any]]]
) -> None:
    history = [wire.user("<tools>")]
    for _ in TURNS:
        reply = ask(wire, *history)
        assert (reply.stop, reply.text) == (Stop.TOOLS, "I look.")
        assert [(call.name, json.loads(call.arguments)) for call in reply.calls] == [
            (call["name"], call["arguments"]) for call in CALLS
        ]
        assert not reply.usage.estimated
        history += reply.items
        history += [wire.result(call, f"result of {call.id}") for call in reply.calls]
    assert ask(wire, *history).text == "Done."
    asked = [each.get("messages") or each["input"] for each in behind()]
    for earlier, later in pairwise(asked):
        assert later[: len(earlier)] == earlier
    assert "deep" in json.dumps(asked[-1]), "its reasoning went back to the model"


def test_usage_is_passed_on(wire: Wire) -> None:
    usage = about(wire, type(wire).__name__).usage
    assert (usage.input, usage.cached, usage.output, usage.reasoning) == (1200, 1000, 34, 5)
    assert not usage.estimated


@pytest.mark.parametrize(
    ("what", "stop"), [("length", Stop.LENGTH), ("filter", Stop.FILTER), ("empty", Stop.EMPTY)]
)
def test_why_the_model_stopped_is_passed_on(wire: Wire, what: str, stop: Stop) -> None:
    reply = about(wire, what)
    assert (reply.stop, reply.calls) == (stop, ())


@pytest.mark.parametrize("what", FAULTS)
def test_what_its_server_says_is_understood_in_the_proxy_s_words(what: str, wire: Wire) -> None:
    with pytest.raises(ModelError) as failed:
        about(wire, what)
    assert failed.value.kind is FAULTS[what][1], failed.value.message
    assert KEY not in failed.value.message


def test_a_passing_mishap_is_tried_again(
    request: pytest.FixtureRequest, wire: Wire, behind: Callable[[], list[dict[str, Any]]]
) -> None:
    [way] = [way for way in WAYS if f"[{way}]" in request.node.name]
    assert about(wire, way).text == "fine"
    assert len(behind()) == 3


@pytest.mark.parametrize(("key", "model"), [("sk-wrong", "canned"), (KEY, "no-such-model")])
def test_the_proxy_s_own_refusals_are_a_wrong_setting(
    key: str, model: str, api: str, proxy: tuple[str, ScriptedModel], wire_to: Open
) -> None:
    with pytest.raises(ModelError) as failed:
        ask(wire_to(proxy[0], api, api_key=key, model=model))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert key not in failed.value.message


def test_stop_ends_a_call_within_a_second(wire: Wire, proxy: tuple[str, ScriptedModel]) -> None:
    stopped = threading.Event()
    before = len(proxy[1].requests)

    def stop() -> None:
        proxy[1].wait_for_requests(before + 1)
        stopped.set()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(ModelError) as failed:
        ask(wire, wire.user("<slow>"), deadline_s=900, stopped=stopped)
    assert failed.value.kind is ModelErrorKind.STOPPED
    thread.join()


@pytest.mark.parametrize("way", ["chat", "responses"])
def test_the_doctor_finds_it_well(way: Any, proxy: tuple[str, ScriptedModel]) -> None:
    model = Model(
        name="proxied", model="canned", base_url=proxy[0], api=way, api_key=SecretStr(KEY)
    )
    assert [one.line() for one in tried(model) if one.level is not Level.OK] == []


def test_the_whole_loop_runs_over_it(wire: Wire) -> None:
    log = given.Log()
    task = given.task(issue=IssueText(7, "Plans", "<plans>", author="mia"))
    ending = run(
        task,
        given.NoSandbox(),
        wire,
        log,
        Budget(turns=len(PLANS)),
        threading.Event(),
        given.no_gate,
    )
    assert (ending.outcome, ending.cause) == (Outcome.BUDGET, "turns")
    assert len(log.of("observation")) == len(PLANS)
