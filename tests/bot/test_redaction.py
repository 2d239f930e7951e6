"""Secrets leave no text, by value or by form, and records stay one line."""

import io
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logging import configure
from bot.redaction import REMOVED, Redactor

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
