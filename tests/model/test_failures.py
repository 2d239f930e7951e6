"""Servers as they are: what each sort of failure leads to."""

import gzip
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from demo.model import Script, ScriptedModel
from jobs.model import Item, ModelError, ModelErrorKind, Patience, Stop, Wire
from tests.model.conftest import QUICK, ask

Start = Callable[..., ScriptedModel]
Open = Callable[..., Wire]
ERROR = {"error": {"code": "server_error", "message": "mishap"}}


def _error(message: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "x", "code": code, "param": param}}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 503, "body": ""},
        {"status": 529, "body": _error("overloaded", "overloaded_error")},
        {"status": 408},
        {"status": 409},
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 429, "headers": {"Retry-After-Ms": "20"}},
        {"drop": True},
        {"cut": 25},
        {"body": '{"id": "chatcmpl-1", "choices": [{"ind'},
        {"body": "<!doctype html><title>Wait…</title>"},
        {"body": ""},
        {"body": "null"},
        {"body": b"\xff\xfe\x00garbage"},
        {"body": ["a", "list"]},
        {"body": ERROR},
        {"body": {"error": "mishap"}},
        {"body": {"error": {"code": 502, "message": "upstream"}}},
        {"body": {"choices": []}},
        {"body": {"choices": None}},
        {"body": {"choices": [None]}},
        {"body": {"choices": [{"message": None}]}},
        {"body": {"output": None}},
        {"events": 0, "then": f"data: {json.dumps(ERROR)}\n\n"},
        {"events": 0},
        {"events": 0, "then": "data: [DONE]\n\n"},
        {"events": 0, "then": "data: {not json\n\n"},
        {"events": 0, "then": ": only comments\n\n"},
    ],
    ids=str,
)
def test_a_passing_failure_is_tried_again(
    api: str, fault: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    assert ask(wire_to(model, api)).text == "fine"
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"events": 2},
        {"cut": 200},
        {"events": 2, "then": f"data: {json.dumps(ERROR)}\n\n"},
        {"events": 2, "then": f"event: error\ndata: {json.dumps(ERROR['error'])}\n\n"},
        {"events": 2, "then": "event: x\ndata: {bad\n\n"},
        {"events": 2, "then": "data: [DONE]\n\n"},
        {"play": {"text": "", "finish": "error"}},
    ],
    ids=str,
)
def test_a_stream_without_its_end_is_tried_again(
    fault: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    assert ask(wire_to(model, "chat", stream=True)).text == "fine"
    assert len(model.requests) == 2


@pytest.mark.parametrize("fault", [{"events": 5}, {"events": 6, "then": "data: {bad\n\n"}])
def test_a_response_stream_without_its_end_is_tried_again(
    fault: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    assert ask(wire_to(model, "responses")).text == "fine"
    assert len(model.requests) == 2


def test_what_is_lost_after_the_finish_is_not_missed(scripted_model: Start, wire_to: Open) -> None:
    events = [
        {"choices": [{"index": 0, "delta": {"content": "fine"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    then = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    model = scripted_model([{"faults": [{"events": 0, "then": then}]}])
    reply = ask(wire_to(model, "chat", stream=True))
    assert reply.text == "fine"
    assert reply.usage.estimated
    assert len(model.requests) == 1


def test_a_server_may_stream_unasked(scripted_model: Start, wire_to: Open) -> None:
    choice = {"index": 0, "delta": {"content": "fine"}, "finish_reason": "stop"}
    body = f"data: {json.dumps({'choices': [choice]})}\r\n\r\ndata: [DONE]\r\n\r\n"
    fault = {"body": body, "headers": {"Content-Type": "text/event-stream"}}
    assert ask(wire_to(scripted_model([{"faults": [fault]}]), "chat")).text == "fine"


def test_a_server_may_not_stream_although_asked(scripted_model: Start, wire_to: Open) -> None:
    body = {
        "status": "completed",
        "output": [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "fine"}],
            }
        ],
    }
    assert ask(wire_to(scripted_model([{"faults": [{"body": body}]}]), "responses")).text == "fine"


VLLM = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, _error("too long", "context_length_exceeded"), ModelErrorKind.OVERFLOW),
        (400, {"object": "error", "message": VLLM, "code": 400}, ModelErrorKind.OVERFLOW),
        (400, _error("prompt is too long: 210000 tokens"), ModelErrorKind.OVERFLOW),
        (
            400,
            _error("the request exceeds the available context size"),
            ModelErrorKind.OVERFLOW,
        ),
        (400, _error("Please reduce the length of the messages"), ModelErrorKind.OVERFLOW),
        (413, "<html>too large</html>", ModelErrorKind.OVERFLOW),
        (429, _error("Request too large for m (TPM)", "rate_limit_exceeded"), "overflow"),
        (429, _error("no", "insufficient_quota"), ModelErrorKind.QUOTA),
        (429, _error("You exceeded your current quota"), ModelErrorKind.QUOTA),
        (402, _error("Insufficient Balance"), ModelErrorKind.QUOTA),
        (400, _error("Your credit balance is too low"), ModelErrorKind.QUOTA),
        (401, _error("Incorrect API key provided: sk-canary"), ModelErrorKind.CONFIG),
        (403, _error("no access to this model"), ModelErrorKind.CONFIG),
        (404, _error("no such model", "model_not_found"), ModelErrorKind.CONFIG),
        (405, "", ModelErrorKind.CONFIG),
        (400, [_error("The input token count exceeds the maximum")], ModelErrorKind.OVERFLOW),
        (400, _error("temperature is a bad word"), ModelErrorKind.CONFIG),
        (400, _error("flagged", "content_filter"), ModelErrorKind.REFUSED),
        (400, _error("no", "invalid_prompt"), ModelErrorKind.REFUSED),
        (400, _error("filtered due to Azure's content management policy"), ModelErrorKind.REFUSED),
        (400, 'data: {"error": {"message": "x", "code": "insufficient_quota"}}\n\n', "quota"),
        (400, "data: {not json", ModelErrorKind.CONFIG),
        (400, _error("no", "misalignment_policy_violation"), ModelErrorKind.REFUSED),
        (200, _error("no", "context_length_exceeded"), ModelErrorKind.OVERFLOW),
        (200, _error("no", "insufficient_quota"), ModelErrorKind.QUOTA),
        (200, {"error": {"code": 401, "message": "who are you"}}, ModelErrorKind.CONFIG),
    ],
    ids=str,
)
def test_a_lasting_failure_is_not_tried_again(
    api: str,
    status: int,
    body: Any,
    kind: ModelErrorKind,
    scripted_model: Start,
    wire_to: Open,
) -> None:
    model = scripted_model([{"faults": [{"status": status, "body": body, "times": 0}]}])
    with pytest.raises(ModelError) as failed:
        ask(wire_to(model, api))
    assert failed.value.kind == kind
    assert len(model.requests) == 1
    assert "sk-canary" not in str(failed.value)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("bio_policy", ModelErrorKind.REFUSED),
        ("context_length_exceeded", ModelErrorKind.OVERFLOW),
        ("insufficient_quota", ModelErrorKind.QUOTA),
    ],
)
def test_a_failed_response_says_why(
    code: str, kind: ModelErrorKind, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"error": {"code": code, "message": "because"}}])
    with pytest.raises(ModelError, match="because") as failed:
        ask(wire_to(model, "responses"))
    assert failed.value.kind is kind


def test_a_response_that_failed_by_mishap_is_tried_again(
    scripted_model: Start, wire_to: Open
) -> None:
    broken = {"play": {"error": {"code": "server_error", "message": "oh"}}}
    model = scripted_model([{"text": "fine", "faults": [broken]}])
    assert ask(wire_to(model, "responses")).text == "fine"


def test_an_issue_without_a_script_ends_in_the_words_of_the_server(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([Script("sample", ())])
    with pytest.raises(ModelError, match="Set OPENAI_API_KEY to use a real model") as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG


def test_tries_come_to_an_end(api: str, scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"faults": [{"status": 500, "times": 0}]}])
    with pytest.raises(ModelError, match="tried 8 times") as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.RETRY
    assert len(model.requests) == 8


def test_a_web_page_for_ever_is_a_wrong_address(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"faults": [{"body": "<html>Welcome</html>", "times": 0}]}])
    with pytest.raises(ModelError, match="web page; check the base URL") as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert len(model.requests) == 3


def test_a_server_may_close_between_turns(api: str, scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "fine", "faults": [{"cut": 100_000}]}])
    wire = wire_to(model, api)
    assert [ask(wire).text for _ in range(2)] == ["fine", "fine"]
    assert model.connections == 2
    assert len(model.requests) == 2


def test_nobody_at_the_address(api: str, wire_to: Open) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelError, match="cannot be reached") as failed:
        ask(wire_to(address, api))
    assert failed.value.kind is ModelErrorKind.RETRY


@pytest.mark.parametrize(
    "location", ["", "file:///etc/passwd", "unix:///run/docker.sock", "http://169.254.169.254/"]
)
@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_not_followed(
    api: str, status: int, location: str, scripted_model: Start, wire_to: Open
) -> None:
    elsewhere = scripted_model([{"text": "stolen"}])
    headers = {"Location": location or elsewhere.base_url}
    fault = {"status": status, "headers": headers, "times": 0}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError, match="redirects to") as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert len(model.requests) == 1
    assert elsewhere.requests == []


@pytest.fixture
def untrusted_server(tmp_path: Path) -> Iterator[str]:
    """A TLS server with a certificate that only it vouches for."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection, _ = listener.accept()
            with pytest.raises(OSError), connection:  # noqa: PT011  whatever the client ends it with
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        thread.join()


def test_a_certificate_that_nobody_vouches_for(untrusted_server: str, wire_to: Open) -> None:
    with pytest.raises(ModelError, match="certificate that cannot be trusted") as failed:
        ask(wire_to(untrusted_server, "chat"))
    assert failed.value.kind is ModelErrorKind.CONFIG


# ---- waiting --------------------------------------------------------------------------------


def test_the_server_says_how_long_to_wait(api: str, scripted_model: Start, wire_to: Open) -> None:
    fault = {"status": 429, "headers": {"Retry-After": "1"}}
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    assert ask(wire_to(model, api)).text == "fine"
    first, second = model.requests
    assert first.answered_at
    assert second.at - first.answered_at >= 1.0


def test_the_server_says_until_when_to_wait(scripted_model: Start, wire_to: Open) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    fault = {"status": 503, "headers": {"Retry-After": moment}}
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    assert ask(wire_to(model, "chat")).text == "fine"
    first, second = model.requests
    assert second.at - first.at >= 0.5


@pytest.mark.parametrize(("asked", "deadline_s"), [("901", 5000.0), ("300", 60.0)])
def test_a_wait_that_is_too_long_is_told_at_once(
    asked: str, deadline_s: float, scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 429, "headers": {"Retry-After": asked}, "times": 0}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError) as failed:
        ask(wire_to(model, "chat"), deadline_s=deadline_s)
    assert failed.value.kind is ModelErrorKind.RETRY
    assert failed.value.retry_after_s == float(asked)
    assert len(model.requests) == 1


def test_a_quota_that_comes_back_soon_is_a_rate_limit(scripted_model: Start, wire_to: Open) -> None:
    body = _error("You exceeded your current quota, please check your plan and billing details.")
    fault = {"status": 429, "body": body, "headers": {"Retry-After": "0"}}
    assert (
        ask(wire_to(scripted_model([{"text": "fine", "faults": [fault]}]), "chat")).text == "fine"
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"delay": 600, "times": 0},
        {"dribble": 0.05, "times": 0},
        {"status": 500, "dribble": 0.05, "times": 0},
    ],
)
def test_one_deadline_holds_whatever_the_server_does(
    api: str, fault: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    wire = wire_to(scripted_model([{"text": "late", "faults": [fault]}]), api)
    began = time.monotonic()
    with pytest.raises(ModelError) as failed:
        ask(wire, deadline_s=0.6)
    assert failed.value.kind is ModelErrorKind.RETRY
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("fault", [{"delay": 600}, {"dribble": 0.05}])
def test_a_try_that_hangs_is_followed_by_another(
    api: str, fault: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    patience = Patience(try_s=0.4, first_wait_s=0.01)
    assert ask(wire_to(model, api, patience=patience)).text == "fine"
    assert len(model.requests) == 2


def test_silence_is_given_up_before_the_deadline(scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "fine", "faults": [{"delay": 600}]}])
    assert ask(wire_to(model, "chat", patience=Patience(idle_s=0.3, first_wait_s=0.01))).text


@pytest.mark.parametrize(
    "fault",
    [
        {"delay": 600, "times": 0},
        {"dribble": 0.05, "times": 0},
        {"status": 429, "headers": {"Retry-After": "300"}, "times": 0},
    ],
)
def test_stop_ends_the_call_within_a_second(
    api: str, fault: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "late", "faults": [fault]}])
    wire, stopped = wire_to(model, api), threading.Event()
    stopped_at: list[float] = []

    def stop() -> None:
        model.wait_for_requests(1)
        stopped_at.append(time.monotonic())
        stopped.set()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(ModelError) as failed:
        ask(wire, deadline_s=900, stopped=stopped)
    assert time.monotonic() - stopped_at[0] < 1
    assert failed.value.kind is ModelErrorKind.STOPPED
    thread.join()


def test_nothing_is_sent_once_stopped(api: str, scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "x"}])
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(ModelError):
        ask(wire_to(model, api), stopped=stopped)
    assert model.requests == []


# ---- cures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (
            400,
            _error(
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead.",
                "unsupported_parameter",
                "max_tokens",
            ),
        ),
        (422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "Extra inputs not permitted"}]}),
        (400, {"message": "max_tokens is too large: 1000. At most 500 are allowed.", "code": 400}),
    ],
)
def test_a_limit_is_given_under_its_other_name(
    status: int, body: dict[str, Any], scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "fine", "faults": [{"status": status, "body": body}]}])
    wire = wire_to(model, "chat")
    assert ask(wire).text == "fine"
    assert ask(wire).text == "fine"
    limits = [{k for k in r.parsed if k.startswith("max_")} for r in model.requests]
    assert limits == [{"max_tokens"}, {"max_completion_tokens"}, {"max_completion_tokens"}]


@pytest.mark.parametrize(
    ("message", "param", "name"),
    [
        ("Unsupported parameter", "reasoning.effort", "reasoning"),
        ("Encrypted content is not supported with this model.", "include", "include"),
        ("Unknown parameter: store", None, "store"),
    ],
)
def test_a_parameter_that_is_not_known_is_left_out(
    message: str, param: str | None, name: str, scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 400, "body": _error(message, None, param)}
    model = scripted_model([{"text": "fine", "faults": [fault]}])
    wire = wire_to(model, "responses", effort="high")
    assert ask(wire).text == "fine"
    assert ask(wire).text == "fine"
    assert [name in request.parsed for request in model.requests] == [True, False, False]


def test_a_server_that_likes_no_parameter_is_given_up(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 400, "body": _error("max_tokens, effort, include: unsupported"), "times": 0}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError) as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert len(model.requests) < 5


def test_a_model_without_tools_is_a_wrong_setting(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 400, "body": _error("m does not support tools", None, "tools"), "times": 0}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError, match="does not support tools") as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert len(model.requests) == 1


CALLS = [{"name": "bash", "arguments": {"command": each}} for each in ("a", "b")]


def test_a_history_that_is_refused_is_made_regular(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "hm", "calls": CALLS, "reasoning": "r"}, {"text": "ok"}])
    wire = wire_to(model, api)
    first = ask(wire)
    history: list[Item] = [
        wire.user("x"),
        *first.items,
        wire.result(first.calls[0], "ok"),
        wire.result(first.calls[0], "said twice"),
        wire.user("go on"),
    ]
    assert ask(wire, *history).text == "ok"
    assert len(model.requests) == 3
    assert ask(wire, *history).text == "ok"
    assert len(model.requests) == 4  # learnt for good
    body = model.requests[-1].body.decode()
    assert "No result was recorded" in body
    assert "said twice" not in body


def test_a_history_that_cannot_be_mended_is_given_up(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 400, "body": _error("tool_call_id is not right"), "times": 0}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError) as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "message",
    [
        "The encrypted content gAAA could not be verified.",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
    ],
)
def test_sealed_reasoning_of_another_model_is_left_out(
    message: str, scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 400, "body": _error(message)}
    turns = [
        {"text": "a", "reasoning": "one"},
        {"text": "b", "reasoning": "two", "faults": [fault]},
        {"text": "c"},
    ]
    model = scripted_model(turns)
    wire = wire_to(model, "responses")
    history = [wire.user("x")]
    for _ in range(3):
        history += [*ask(wire, *history).items, wire.user("go on")]
    assert [b"sealed:one" in r.body for r in model.requests] == [False, True, False, False]
    assert b"sealed:two" in model.requests[-1].body


def test_reasoning_that_a_chat_server_will_not_have_back_is_left_out(
    scripted_model: Start, wire_to: Open
) -> None:
    fault = {"status": 400, "body": _error("messages[2].reasoning_content is not allowed")}
    model = scripted_model([{"text": "a", "reasoning": "one"}, {"text": "b", "faults": [fault]}])
    wire = wire_to(model, "chat")
    first = ask(wire)
    assert ask(wire, wire.user("x"), *first.items, wire.user("go on")).text == "b"
    assert "reasoning_content" not in model.requests[-1].parsed["messages"][2]


# ---- size -----------------------------------------------------------------------------------

MEGABYTE = "x" * 1_000_000


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_a_body_without_end_is_not_kept(api: str, scripted_model: Start, wire_to: Open) -> None:
    fault = {"body": MEGABYTE, "repeat": 500, "times": 0}
    model = scripted_model([{"faults": [fault]}])
    before = _resident_mb()
    with pytest.raises(ModelError, match="more than one reply can be") as failed:
        ask(wire_to(model, api, patience=Patience(tries=1)))
    assert failed.value.kind is ModelErrorKind.RETRY
    assert _resident_mb() - before < 100


def test_an_error_without_end_is_cut(api: str, scripted_model: Start, wire_to: Open) -> None:
    fault = {"status": 400, "body": MEGABYTE, "repeat": 500, "times": 0}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError) as failed:
        ask(wire_to(model, api))
    assert failed.value.kind is ModelErrorKind.CONFIG
    assert len(str(failed.value)) < 1000


@pytest.mark.parametrize("status", [200, 400])
def test_a_compressed_bomb_does_not_go_off(
    api: str, status: int, scripted_model: Start, wire_to: Open
) -> None:
    bomb = gzip.compress(b"x" * 100_000_000)
    fault = {"status": status, "body": bomb, "headers": {"Content-Encoding": "gzip"}, "times": 0}
    model = scripted_model([{"faults": [fault]}])
    before = _resident_mb()
    with pytest.raises(ModelError):
        ask(wire_to(model, api, patience=Patience(tries=1)))
    assert _resident_mb() - before < 80


def test_a_compressed_reply_is_understood(scripted_model: Start, wire_to: Open) -> None:
    reply = {"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}
    body = gzip.compress(json.dumps(reply).encode())
    fault = {"body": body, "headers": {"Content-Encoding": "gzip"}}
    assert ask(wire_to(scripted_model([{"faults": [fault]}]), "chat")).text == "fine"


def test_a_stream_of_countless_events_takes_no_room(scripted_model: Start, wire_to: Open) -> None:
    choice = {"index": 0, "delta": {"content": "x"}, "finish_reason": None}
    events = f"data: {json.dumps({'choices': [choice]})}\n\n" * 1000
    model = scripted_model([{"faults": [{"events": 0, "then": events, "repeat": 300, "times": 0}]}])
    before = _resident_mb()
    with pytest.raises(ModelError, match="ended before") as failed:
        ask(wire_to(model, "chat", stream=True, patience=Patience(tries=1)))
    assert failed.value.kind is ModelErrorKind.RETRY
    assert _resident_mb() - before < 60


def test_one_line_without_end_is_not_kept(api: str, scripted_model: Start, wire_to: Open) -> None:
    fault = {"events": 0, "then": "data: " + MEGABYTE, "repeat": 500, "times": 0}
    if api == "chat":
        fault = {"body": MEGABYTE, "headers": {"Content-Type": "text/event-stream"}, "repeat": 500}
    model = scripted_model([{"faults": [fault]}])
    with pytest.raises(ModelError, match="more than 32 MiB"):
        ask(wire_to(model, api, patience=Patience(tries=1)))


def test_refusals_and_filters_are_no_errors(api: str, scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "", "finish": "content_filter"}])
    assert ask(wire_to(model, api, patience=QUICK)).stop is Stop.FILTER
