"""Secrets leave no text, by value or by form, and records stay one line."""

import io
import json
import logging
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logging import configure
from bot.redaction import REMOVED, Redactor
from bot.secret_forms import CERTAIN

TOKEN_OF_2026 = "ghs_123456_eyJhbGciOiJSUzI1NiJ9." + "a" * 400 + "." + "b-_" * 30
FORMS = [
    "ghp_" + "a1B2" * 9,
    "ghs_" + "a1B2" * 9,
    TOKEN_OF_2026,
    "github_pat_" + "A" * 22 + "_" + "b" * 59,
    "sk-proj-" + "a1" * 20,
    "AKIA" + "ABCD1234EFGH5678",
    "xoxb-1234567890-abcdef",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMiJ9.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\nxyz\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\nMIIabc\\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIcutoff",
]

EXAMPLES = {
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a GitLab token": "gldt-" + "a1B2_" * 4,
    "a key of a model service": "sk-ant-" + "a1" * 20,
    "an AWS access key": "ABIA" + "ABCD1234EFGH5678",
    "a Google API key": "AIza" + "a1B2-" * 7,
    "a Google client secret": "GOCSPX-" + "a1B2" * 7,
    "a Slack token": "xapp-1-" + "A0123456789",
    "a Slack webhook": "hooks.slack.com/services/T0/B0/a1B2",
    "a Stripe key": "rk_live_" + "a1B2" * 4,
    "a package registry token": "npm_" + "a1B2" * 9,
    "a model hub token": "hf_" + "a1B2" * 8,
    "a SendGrid key": "SG." + "a1B2" * 5 + "." + "a1B2" * 5,
    "a Telegram bot token": "123456789:AA" + "a1B" * 11,
    "a signed web token": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMiJ9",
}


@pytest.mark.parametrize("secret", FORMS)
def test_known_forms_are_removed(secret: str) -> None:
    assert Redactor().clean(f"before {secret} after").startswith(f"before {REMOVED}")
    for part in (secret[4:16], secret[-12:]):
        assert part not in Redactor().clean(f"x={secret}")


@pytest.mark.parametrize(
    "text",
    [
        "https://x-access-token:letmein99@github.com/acme/shop.git",
        "redis://:letmein99@cache:6379/0",
        "Authorization: Bearer letmein99letmein99",
        "authorization: basic letmein99letmein99==",
    ],
)
def test_credentials_in_addresses_and_headers_are_removed(text: str) -> None:
    assert "letmein99" not in Redactor().clean(text)


@pytest.mark.parametrize(
    "text", ["commit 3f2a9c1 fixes sk-learn", "a token ring", "ghs_short", "https://a.b/c:d@e"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor(["short"]).clean(text) == text


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_a_known_value_is_removed_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret]).clean(f"{before}{secret}{after}").replace(REMOVED, "")


def test_a_known_value_is_removed_in_other_spellings() -> None:
    redactor = Redactor(["p@ss word/1\nline2"])
    encoded = b64encode(b"p@ss word/1\nline2").decode().rstrip("=")
    for spelling in ("p@ss word/1\\nline2", "p%40ss%20word%2F1%0Aline2", encoded):
        assert redactor.clean(f"<{spelling}>") == f"<{REMOVED}>"


@pytest.mark.parametrize("before", ["", "a", "ab", "user:"])
def test_a_known_value_is_removed_from_the_middle_of_base64(before: str) -> None:
    value = "canary-of-this-service"
    shown = Redactor([value]).clean(b64encode(f"{before}{value} and more".encode()).decode())
    kept = shown.partition(REMOVED)
    assert kept[1] == REMOVED
    assert len(kept[0]) <= len(before) * 4 / 3 + 4


@pytest.mark.parametrize("kind", [kind for kind, _ in CERTAIN])
def test_every_form_that_may_not_be_published_is_not_written_down_either(kind: str) -> None:
    (form,) = (form for name, form in CERTAIN if name == kind)
    assert Redactor().clean(f"x = {EXAMPLES[kind]};") == f"x = {REMOVED};"
    assert re.fullmatch(form, EXAMPLES[kind])


@pytest.mark.parametrize("piece", ["-eyJ", "-----BEGIN PRIVATE KEY-----", "SG.a-", "a://b:"])
def test_a_hostile_text_is_searched_in_time(piece: str) -> None:
    began = time.process_time()
    Redactor().clean(piece * (200_000 // len(piece)))
    assert time.process_time() - began < 10


def test_a_token_is_learned_while_running() -> None:
    redactor = Redactor()
    redactor.learn("an-odd-token-1")
    assert redactor.clean("it is an-odd-token-1.") == f"it is {REMOVED}."


def test_nested_values_and_keys_are_cleaned() -> None:
    redactor = Redactor(["canary-canary"])
    value = {"canary-canary": [{"a": ("x canary-canary",)}, b"canary-canary", 7, None, True]}
    assert redactor.clean_value(value) == {
        REMOVED: [{"a": [f"x {REMOVED}"]}, REMOVED, 7, None, True]
    }


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_records_are_one_line_without_secrets(log_format: Literal["json", "console"]) -> None:
    stream = io.StringIO()
    configure(log_format=log_format, redactor=Redactor(["canary-canary"]), stream=stream)
    log = structlog.get_logger()
    hostile = 'x\r\n{"event": "forged"}\u2028\x1b[31m\ud800 canary-canary'
    log.info("delivery.stored", title=hostile, **{"key\ncanary-canary": 1})
    logging.getLogger("rq.worker").warning("job %s", hostile)
    try:
        float(hostile)
    except ValueError:
        log.exception("it failed")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert "canary" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    if log_format == "json":
        assert [json.loads(line)["level"] for line in lines] == ["info", "warning", "error"]
        assert "Traceback" in json.loads(lines[2])["exception"]


@pytest.mark.usefixtures("restored_logging")
def test_an_endless_text_is_cut() -> None:
    stream = io.StringIO()
    configure(log_format="json", redactor=Redactor(), stream=stream)
    structlog.get_logger().info("big", text="a" * 10_000_000)
    assert len(stream.getvalue()) < 30_000


def test_arguments_of_a_call_stay_json_whatever_is_taken_out() -> None:
    cut_off = "-----BEGIN PRIVATE KEY-----\nMIIcutoff"
    given = {"command": f"echo '{cut_off}", "url": "x://a:b", "then": "me@here"}
    text = json.dumps(given)
    call = {"function": {"name": "bash", "arguments": text}}
    kept = Redactor().clean_value(call)["function"]["arguments"]
    assert json.loads(kept) == {**given, "command": f"echo '{REMOVED}"}
    plain = '{"command":  "ls"}'
    assert Redactor().clean_value({"arguments": plain}) == {"arguments": plain}
    assert Redactor().clean_value({"arguments": f"{{{cut_off}"}) == {"arguments": f"{{{REMOVED}"}


def test_what_a_server_has_sealed_stays_as_it_is_but_for_our_own_secrets() -> None:
    sealed = "gAAAAA" + "x1" * 60 + "-sk-" + "a1" * 30 + "=="
    item = {"type": "reasoning", "encrypted_content": sealed, "summary": [{"text": sealed}]}
    kept = Redactor().clean_value(item)
    assert kept["encrypted_content"] == sealed
    assert REMOVED in kept["summary"][0]["text"]
    ours = Redactor(["x1" * 10])
    assert REMOVED in ours.clean_value(item)["encrypted_content"]
    token = "ghs_" + "a1B2" * 9
    assert Redactor().clean_value({"data": token}) == {"data": REMOVED}


def test_a_secret_that_is_learned_counts_for_a_text_that_was_seen_before() -> None:
    redactor, text = Redactor(), f"{'x' * 600} a-new-secret-123"
    assert redactor.clean(text) == redactor.clean(text) == text
    redactor.learn("a-new-secret-123")
    assert redactor.clean(text) == f"{'x' * 600} {REMOVED}"
    assert redactor.clean_value([text, text]) == [f"{'x' * 600} {REMOVED}"] * 2
