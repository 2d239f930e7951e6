"""Whatever is not exactly one of the messages is refused as a whole."""

import json
from typing import Any

import pytest

from jobs.keeper import protocol
from jobs.keeper.channel import MAX_MESSAGE
from jobs.keeper.protocol import (
    LONGEST_WORDS,
    MOST_LISTED,
    Digest,
    Done,
    Hosts,
    Image,
    List,
    Listed,
    Malformed,
    Refused,
    RefusedHosts,
    Remove,
    Save,
    Saved,
    Standing,
    Start,
    Started,
    Status,
    encode,
    read_answer,
    read_request,
)
from jobs.sandbox import Running, Snapshot

ID = "0123456789abcdef" * 4
KEPT = Snapshot(12, "feed" * 16)
START: dict[str, Any] = {
    "is": "Start",
    "image": "patchbay/python",
    "task_id": "k7m2",
    "epoch": 3,
    "deadline_s": 60.0,
    "snapshot": None,
    "network_hosts": None,
}


@pytest.mark.parametrize(
    "request_",
    [
        Start("patchbay/python", "k7m2", 3, 60.0, None, None),
        Start("a/b:1@sha256:12", "k7m2", 0, 0.5, KEPT, ("pypi.org", ".example.org")),
        Save(ID, KEPT),
        RefusedHosts(ID),
        Image("patchbay/base"),
        List(""),
        List(ID),
        Remove(ID),
        Status(),
    ],
)
def test_a_request_arrives_as_it_was_sent(request_: protocol.Request) -> None:
    assert read_request(encode(request_)) == request_


@pytest.mark.parametrize(
    "answer",
    [
        Started(ID, f"sha256:{ID}", True),
        Saved(10**12),
        Hosts(("example.org:8080", "[::1]", "a_b.example")),
        Digest(None),
        Digest(f"sha256:{ID}"),
        Listed((Running(ID, "", -1, True), Running(ID, "k7m2", 3, False))),
        Done(),
        Standing(1, 2, 3, False),
        Refused("ImageMissing", "there is no image\nof that name"),
    ],
)
def test_an_answer_arrives_as_it_was_sent(answer: protocol.Answer) -> None:
    assert read_answer(encode(answer)) == answer


def test_the_longest_messages_fit() -> None:
    host = "a" * 253 + ":65535"
    longest = [
        encode(Start("i" * 255, "t" * 32, 2**53, 60.0, Snapshot(2**53, "f" * 128), (host,) * 200)),
        encode(Listed((Running("f" * 64, "t" * 32, 2**53, False),) * MOST_LISTED)),
        encode(Refused("SandboxError", "\x00" * LONGEST_WORDS)),
        encode(Refused("SandboxError", "\N{GRINNING FACE}" * LONGEST_WORDS)),
        encode(Hosts((f"[{'0:' * 120}]:65535",) * 200)),
    ]
    assert max(map(len, longest)) <= MAX_MESSAGE


BAD_VALUES: list[dict[str, Any]] = [
    {"image": ""},
    {"image": None},
    {"image": 7},
    {"image": "--privileged"},
    {"image": "a" * 256},
    {"image": "a b"},
    {"image": "a\n"},
    {"task_id": "UPPER"},
    {"task_id": "../../etc"},
    {"task_id": "t" * 33},
    {"task_id": ["t"]},
    {"epoch": -1},
    {"epoch": 1.0},
    {"epoch": True},
    {"epoch": "1"},
    {"epoch": 2**53 + 1},
    {"deadline_s": 0},
    {"deadline_s": -1},
    {"deadline_s": float("nan")},
    {"deadline_s": float("inf")},
    {"deadline_s": 10**400},
    {"deadline_s": "60"},
    {"deadline_s": True},
    {"snapshot": {}},
    {"snapshot": {"repository_id": 1}},
    {"snapshot": {"repository_id": 1, "key": "../x"}},
    {"snapshot": {"repository_id": "1", "key": "feed" * 16}},
    {"snapshot": {"repository_id": 1, "key": "feed" * 16, "more": 1}},
    {"snapshot": [1, "feed" * 16]},
    {"network_hosts": "pypi.org"},
    {"network_hosts": ["pypi.org", 1]},
    {"network_hosts": ["a\nhttp_access allow all"]},
    {"network_hosts": ["pypi.org"] * 201},
    {"privileged": True},
]


@pytest.mark.parametrize("change", BAD_VALUES, ids=str)
def test_a_value_that_nobody_can_mean_is_refused(change: dict[str, Any]) -> None:
    assert isinstance(read_request(json.dumps(START).encode()), Start)
    with pytest.raises(Malformed):
        read_request(json.dumps({**START, **change}).encode())


@pytest.mark.parametrize("missing", sorted(START))
def test_a_request_with_a_part_missing_is_refused(missing: str) -> None:
    part = {name: value for name, value in START.items() if name != missing}
    with pytest.raises(Malformed):
        read_request(json.dumps(part).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"null",
        b"[]",
        b"{}",
        b'"Status"',
        b'{"is": "Message"}',
        b'{"is": "Done"}',
        b'{"is": ["Status"]}',
        b'{"is": "__class__"}',
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"is": "Status", "a": ' + b"9" * 10_000 + b"}",
        json.dumps(START).encode() + b"}",
    ],
    ids=lambda data: data[:24],
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_request(data)


def test_a_client_does_not_even_send_what_would_be_refused() -> None:
    with pytest.raises(Malformed, match=r"Start\.image"):
        Start("no image\n", "k7m2", 3, 60.0, None, None)
