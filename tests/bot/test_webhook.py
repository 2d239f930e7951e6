"""Only GitHub's own signature over exactly these bytes is let in."""

import hashlib
import hmac

import pytest

from bot.webhook import BadSignature, signature, verify

SECRET = b"0123456789abcdef0123456789abcdef"
BODY = b'{"action": "created"}'


def test_githubs_own_example_of_a_signature_holds() -> None:
    # From GitHub's page "Validating webhook deliveries".
    header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    verify(b"It's a Secret to Everybody", b"Hello, World!", header)


def test_what_we_sign_is_accepted() -> None:
    verify(SECRET, BODY, signature(SECRET, BODY))


SHA1 = "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest()
GOOD = signature(SECRET, BODY)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        SHA1,
        GOOD.upper(),
        GOOD.removeprefix("sha256="),
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"),
        "sha256=" + "é" * 64,
        "sha256=" + "٣" * 64,
        "x" * 200_000,
    ],
)
def test_anything_else_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature):
        verify(SECRET, BODY, header)


def test_every_changed_bit_of_the_body_is_noticed() -> None:
    for place in range(len(BODY)):
        for bit in range(8):
            changed = bytearray(BODY)
            changed[place] ^= 1 << bit
            with pytest.raises(BadSignature):
                verify(SECRET, bytes(changed), GOOD)


def test_another_secret_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(SECRET[::-1], BODY, GOOD)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(BadSignature):
        verify(b"", BODY, signature(b"", BODY))
