"""The scripted model is what real clients take it for."""

import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from demo.model import Script, ScriptedModel, ScriptError, Turn, read_scripts

CALL = {"name": "bash", "arguments": {"command": "pytest -q"}}
TURNS = [{"text": "I look.", "calls": [CALL, CALL], "reasoning": "hm"}, {"text": "Done."}]


@pytest.fixture
def model(scripted_model: Callable[..., ScriptedModel]) -> ScriptedModel:
    return scripted_model(TURNS)


@pytest.fixture
def client(model: ScriptedModel) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="k", base_url=model.base_url, max_retries=0) as client:
        yield client


def test_chat_says_the_same_whole_and_streamed(client: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "x"}]
    whole = client.chat.completions.create(model="m", messages=messages)
    with client.chat.completions.stream(model="m", messages=messages) as stream:
        streamed = stream.get_final_completion()
    for reply in (whole.choices[0], streamed.choices[0]):
        assert reply.message.content == "I look."
        assert reply.finish_reason == "tool_calls"
        ids = [call.id for call in reply.message.tool_calls or ()]
        assert ids == ["call_t0_0", "call_t0_1"]
        calls: list[Any] = reply.message.to_dict()["tool_calls"]  # type: ignore[assignment]
        arguments = [call["function"]["arguments"] for call in calls]
        assert [json.loads(each) for each in arguments] == [CALL["arguments"]] * 2


def test_responses_say_the_same_whole_and_streamed(client: openai.OpenAI) -> None:
    whole = client.responses.create(model="m", input="x")
    with client.responses.stream(model="m", input="x") as stream:
        streamed = stream.get_final_response()
    for reply in (whole, streamed):
        assert [item.type for item in reply.output] == [
            "reasoning",
            "message",
            "function_call",
            "function_call",
        ]
        assert reply.output_text == "I look."
        assert reply.output[3].to_dict()["call_id"] == "call_t0_1"
        assert reply.usage
        assert reply.usage.input_tokens > 0


def test_a_streamed_response_comes_in_the_order_of_the_protocol(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="m", input="x", stream=True))
    kinds = [event.type.removeprefix("response.") for event in events]
    call = [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert kinds == [
        "created",
        "in_progress",
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        *call,
        *call,
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_the_turn_is_found_in_the_history_alone(client: openai.OpenAI) -> None:
    first = client.responses.create(model="m", input="x")
    results = [
        {"type": "function_call_output", "call_id": call.call_id, "output": "ok"}
        for call in first.output
        if call.type == "function_call"
    ]
    history: list[Any] = [{"role": "user", "content": "x"}]
    history += [item.to_dict() for item in first.output] + results
    for _ in range(2):
        assert client.responses.create(model="m", input=history).output_text == "Done."
    assert client.responses.create(model="m", input="x").output_text == "I look."


def test_a_shortened_history_goes_on_where_it_was(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "user", "content": "x"},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_t0_0",
                    "type": "function",
                    "function": {"name": "a", "arguments": "{}"},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_t0_0", "content": "ok"},
    ]
    reply = client.chat.completions.create(model="m", messages=messages)
    assert reply.choices[0].message.content == "Done."


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        ([{"type": "function_call", "call_id": "c", "name": "a"}], "No tool output found"),
        ([{"type": "function_call_output", "call_id": "c", "output": ""}], "No tool call found"),
    ],
)
def test_a_broken_history_is_refused_by_responses(
    client: openai.OpenAI, items: list[Any], complaint: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=complaint):
        client.responses.create(model="m", input=[{"role": "user", "content": "x"}, *items])


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "tool_calls": [{"id": "c"}]}],
        [{"role": "assistant", "tool_calls": [{"id": "c"}]}, {"role": "user", "content": "y"}],
        [{"role": "tool", "tool_call_id": "c", "content": ""}],
    ],
)
def test_a_broken_history_is_refused_by_chat(client: openai.OpenAI, messages: list[Any]) -> None:
    with pytest.raises(openai.BadRequestError, match="tool_call"):
        client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}, *messages]
        )


def test_each_issue_gets_its_own_script(scripted_model: Callable[..., ScriptedModel]) -> None:
    scripts = [
        Script("cart total", (Turn(text="cart"),)),
        Script("login page", (Turn(text="login"),)),
    ]
    model = scripted_model(scripts)
    with openai.OpenAI(api_key="k", base_url=model.base_url, max_retries=0) as client:
        for issue in ("login", "cart"):
            text = f"The {'login page' if issue == 'login' else 'cart total'} is wrong"
            assert client.responses.create(model="m", input=text).output_text == issue
        with pytest.raises(openai.BadRequestError, match="Set OPENAI_API_KEY") as refused:
            client.responses.create(model="m", input="anything else")
    assert refused.value.code == "model_not_scripted"


def test_a_turn_after_the_last_is_refused_in_words(client: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "x"}]
    messages += [{"role": "assistant", "content": "a"}, {"role": "user", "content": "y"}] * 2
    with pytest.raises(openai.BadRequestError, match="2 turns; turn 3"):
        client.chat.completions.create(model="m", messages=messages)


def test_every_request_is_on_the_record(client: openai.OpenAI, model: ScriptedModel) -> None:
    client.responses.create(model="m", input="x")
    recorded = model.wait_for_requests(1)[0]
    assert recorded.parsed["input"] == "x"
    assert recorded.size == len(recorded.body)
    url = model.base_url.removesuffix("/v1") + "/_control/requests"
    with urllib.request.urlopen(url) as answer:  # noqa: S310  an address of this test's own
        [over_http] = json.load(answer)
    assert over_http["body"] == recorded.parsed
    assert over_http["at"] == recorded.at
    with urllib.request.urlopen(url + "?since=0&bodies=0") as answer:  # noqa: S310  the same
        assert "body" not in json.load(answer)[0]
    with urllib.request.urlopen(url + "?since=1") as answer:  # noqa: S310  the same
        assert json.load(answer) == []


def test_the_oldest_bodies_are_let_go(client: openai.OpenAI, model: ScriptedModel) -> None:
    model.record.bytes_kept = 100
    for text in ("a" * 80, "b" * 80):
        client.responses.create(model="m", input=text)
    first, second = model.requests
    assert first.body == b""
    assert first.size > 80
    assert second.parsed["input"] == "b" * 80


def test_a_fault_passes_and_the_turn_is_played(
    scripted_model: Callable[..., ScriptedModel],
) -> None:
    model = scripted_model([{"text": "fine", "faults": [{"status": 503, "times": 2}]}])
    with openai.OpenAI(api_key="k", base_url=model.base_url, max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(openai.InternalServerError):
                client.responses.create(model="m", input="x")
        assert client.responses.create(model="m", input="x").output_text == "fine"
        with pytest.raises(openai.InternalServerError):  # another conversation
            client.responses.create(model="m", input="y")


def test_stopping_does_not_wait_for_a_slow_turn() -> None:
    model = ScriptedModel([{"text": "late"}], latency=600).start()
    with openai.OpenAI(api_key="k", base_url=model.base_url, max_retries=0) as client:
        failed = threading.Event()

        def call() -> None:
            with pytest.raises(openai.APIConnectionError):
                client.responses.create(model="m", input="x")
            failed.set()

        thread = threading.Thread(target=call)
        thread.start()
        model.wait_for_requests(1)
        model.stop()
        assert failed.wait(5)
        thread.join()


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [each.id for each in client.models.list()] == ["scripted"]


def test_scripts_are_read_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text('{"text": "any"}\n')
    (tmp_path / "a.jsonl").write_text(
        '{"match": "one"}\n{"text": "1"}\n\n{"match": "two", "forbid": "three"}\n{"text": "2"}\n'
    )
    scripts = read_scripts(tmp_path)
    assert [(s.match, s.forbid, [t.text for t in s.turns]) for s in scripts] == [
        ("one", "", ["1"]),
        ("two", "three", ["2"]),
        ("", "", ["any"]),
    ]
    assert not scripts[1].fits("two and three")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1: "),
        ("[]", "one JSON object"),
        ('{"txt": ""}', "knows no txt"),
        ('{"calls": [{}]}', "line 1: 'name'"),
        ('{"match": "", "x": 1}', "unknown words"),
    ],
)
def test_a_bad_script_is_refused_with_its_place(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "s.jsonl").write_text(line + "\n")
    with pytest.raises(ScriptError, match=words):
        read_scripts(tmp_path / "s.jsonl")


def test_it_starts_by_hand_and_ends_when_told(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"text": "by hand"}\n')
    command = [sys.executable, "-m", "demo.model", "--scripts", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().split()[-1]
        with openai.OpenAI(api_key="k", base_url=address, max_retries=0) as client:
            assert client.responses.create(model="m", input="x").output_text == "by hand"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_conversations_that_begin_alike_may_be_played_differently(
    scripted_model: Callable[..., ScriptedModel],
) -> None:
    alike = [
        Script("", (Turn.read({"calls": [{"name": name}]}), Turn(text=name))).as_variant(name)
        for name in ("one", "two")
    ]
    model = scripted_model([Script("another", (Turn(text="fine"),)), *alike])
    with openai.OpenAI(api_key="k", base_url=model.base_url, max_retries=0) as client:

        def say(history: list[Any]) -> Any:
            reply = client.chat.completions.create(model="m", messages=history)
            return reply.choices[0].message.to_dict()

        histories: list[list[Any]] = [[{"role": "user", "content": "the same"}] for _ in range(2)]
        firsts = [say(history)["tool_calls"][0] for history in histories]
        assert [first["function"]["name"] for first in firsts] == ["one", "two"]
        for history, first in reversed(list(zip(histories, firsts, strict=True))):
            history += [
                {"role": "assistant", "content": None, "tool_calls": [first]},
                {"role": "tool", "tool_call_id": first["id"], "content": "done"},
            ]
            assert say(history)["content"] == first["function"]["name"]
        assert say([{"role": "user", "content": "another"}])["content"] == "fine"
