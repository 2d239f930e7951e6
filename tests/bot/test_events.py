"""Whatever bytes come, the answer is an event of ours or the reason for none."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.check_events import CheckRunAsked, CheckSuiteCompleted
from bot.events import (
    BranchPushed,
    CommentEdited,
    Ignored,
    InstallationRemoved,
    IssueAssigned,
    IssueClosed,
    IssueCommented,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    IssueUnlabeled,
    PullRequestClosed,
    PullRequestPushed,
    RepositoryChanged,
    ReviewCommented,
    ReviewSubmitted,
    ReviewTextEdited,
)
from bot.payloads import parse
from bot.subjects import Person

EXAMPLES = Path(__file__).parents[1] / "node/node_modules/@octokit/webhooks-examples"

COMMENTED: dict[str, Any] = {
    "action": "created",
    "installation": {"id": 7},
    "repository": {
        "id": 5,
        "full_name": "acme/shop",
        "private": True,
        "archived": False,
        "default_branch": "main",
    },
    "sender": {"id": 3, "login": "maria", "type": "User"},
    "issue": {
        "id": 11,
        "number": 42,
        "title": "Tax",
        "body": None,
        "user": {"login": "li", "id": 7},
        "html_url": "https://github.com/acme/shop/issues/42",
        "labels": [{"name": "bug"}],
        "state": "open",
        "locked": False,
        "updated_at": "2026-10-14T12:00:00Z",
    },
    "comment": {"id": 99, "body": "/agent fix"},
}


def encoded(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def changed(path: str, value: Any) -> bytes:
    payload = copy.deepcopy(COMMENTED)
    *folders, key = path.split(".")
    place = payload
    for folder in folders:
        place = place[folder]
    place[key] = value
    return encoded(payload)


def examples() -> list[tuple[str, dict[str, Any]]]:
    (file,) = (EXAMPLES / "api.github.com").glob("index.json")
    return [
        (event["name"], example)
        for event in json.loads(file.read_text())
        for example in event["examples"]
    ]


HEARD: dict[tuple[str, str], type] = {
    ("issue_comment", "created"): IssueCommented,
    ("issue_comment", "edited"): CommentEdited,
    ("issues", "opened"): IssueOpened,
    ("issues", "labeled"): IssueLabeled,
    ("issues", "unlabeled"): IssueUnlabeled,
    ("issues", "assigned"): IssueAssigned,
    ("issues", "edited"): IssueEdited,
    ("issues", "closed"): IssueClosed,
    ("pull_request", "opened"): IssueOpened,
    ("pull_request", "labeled"): IssueLabeled,
    ("pull_request", "assigned"): IssueAssigned,
    ("pull_request", "edited"): IssueEdited,
    ("pull_request", "closed"): PullRequestClosed,
    ("pull_request", "synchronize"): PullRequestPushed,
    ("pull_request_review", "submitted"): ReviewSubmitted,
    ("pull_request_review", "edited"): ReviewTextEdited,
    ("pull_request_review_comment", "created"): ReviewCommented,
    ("pull_request_review_comment", "edited"): ReviewTextEdited,
    ("push", ""): BranchPushed,
    ("check_suite", "completed"): CheckSuiteCompleted,
    ("check_run", "requested_action"): CheckRunAsked,
    ("check_run", "rerequested"): CheckRunAsked,
    ("installation", "deleted"): InstallationRemoved,
    ("installation", "suspend"): InstallationRemoved,
    ("installation_repositories", "removed"): InstallationRemoved,
    ("repository", "renamed"): RepositoryChanged,
    ("repository", "transferred"): RepositoryChanged,
    ("repository", "publicized"): RepositoryChanged,
    ("repository", "privatized"): RepositoryChanged,
    ("repository", "archived"): RepositoryChanged,
    ("repository", "deleted"): RepositoryChanged,
}


def test_every_published_example_is_an_event_or_ignored() -> None:
    found = examples()
    assert len(found) > 300
    for name, example in found:
        heard = HEARD.get((name, example.get("action", "")), Ignored)
        event = parse(name, encoded(example))
        assert isinstance(event, heard | Ignored)
        if "installation" not in example:
            assert isinstance(event, Ignored)


def test_every_published_example_that_counts_is_read_whole() -> None:
    # Some of the edits are of titles, which nobody waits for.
    completed = {"installation": {"id": 7}, "changes": {"body": {"from": "It was other."}}}
    read = {
        (name, example.get("action", "")): parse(name, encoded({**example, **completed}))
        for name, example in examples()
        if (name, example.get("action", "")) in HEARD
        and not example.get("ref", "").startswith("refs/tags/")
    }
    unread = {of: event for of, event in read.items() if not isinstance(event, HEARD[of])}
    assert unread == {}
    assert len(read) > len(HEARD) / 2


def test_a_webhook_of_the_repositorys_own_is_ignored() -> None:
    payload = {key: value for key, value in COMMENTED.items() if key != "installation"}
    assert parse("issue_comment", encoded(payload)) == Ignored("not sent to the App")


def test_a_comment_is_read_whole() -> None:
    event = parse("issue_comment", encoded(COMMENTED))
    assert isinstance(event, IssueCommented)
    assert event.sender == Person(3, "maria", is_bot=False)
    assert (event.repository.id, event.repository.full_name) == (5, "acme/shop")
    assert (event.issue.number, event.issue.labels, event.issue.body) == (42, ("bug",), "")
    assert (event.comment_id, event.body, event.key) == (99, "/agent fix", "comment:99")
    assert event.issue.is_open
    assert not event.issue.is_pull_request


@pytest.mark.parametrize(
    ("login", "kind"),
    [("renovate[bot]", "Bot"), ("renovate[bot]", "User"), ("acme", "Organization"), ("x", None)],
)
def test_who_is_not_clearly_a_person_counts_as_a_bot(login: str, kind: str | None) -> None:
    event = parse("issue_comment", changed("sender", {"id": 3, "login": login, "type": kind}))
    assert isinstance(event, IssueCommented)
    assert event.sender.is_bot


def test_a_comment_on_a_pull_request_says_so() -> None:
    event = parse("issue_comment", changed("issue.pull_request", {"url": "https://x"}))
    assert isinstance(event, IssueCommented)
    assert event.issue.is_pull_request


@pytest.mark.parametrize("action", ["deleted", "", None])
def test_only_new_and_changed_comments_count(action: str | None) -> None:
    assert isinstance(parse("issue_comment", changed("action", action)), Ignored)


def test_setting_a_label_again_has_another_key_and_a_redelivery_the_same() -> None:
    payload = {**COMMENTED, "action": "labeled", "label": {"name": "agent:fix"}}
    first, again = parse("issues", encoded(payload)), parse("issues", encoded(payload))
    later = copy.deepcopy(payload)
    later["issue"]["updated_at"] = "2026-10-14T12:00:01Z"
    anew = parse("issues", encoded(later))
    assert isinstance(first, IssueLabeled)
    assert isinstance(again, IssueLabeled)
    assert isinstance(anew, IssueLabeled)
    assert first.key == again.key != anew.key


def test_a_label_that_is_gone_is_ignored() -> None:
    assert parse("issues", changed("action", "labeled")) == Ignored("the label is gone")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("issue", None),
        ("issue", []),
        ("issue.number", "42"),
        ("issue.number", True),
        ("issue.number", -1),
        ("issue.number", 1.5),
        ("issue.number", 2**63),
        ("issue.title", 7),
        ("issue.labels", {"name": "bug"}),
        ("issue.labels", ["bug"]),
        ("issue.locked", "no"),
        ("issue.user", "li"),
        ("sender", None),
        ("sender.login", ["maria"]),
        ("sender.login", "m" * 101),
        ("repository.id", None),
        ("installation", []),
        ("comment", "hi"),
        ("comment.id", 10**400),
    ],
)
def test_fields_of_the_wrong_kind_are_ignored_with_their_name(path: str, value: Any) -> None:
    event = parse("issue_comment", changed(path, value))
    assert isinstance(event, Ignored)
    assert event.reason.startswith(f"malformed: payload.{path}")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"NaN",
        b'{"action": NaN}',
        b'{"action": Infinity}',
        b'{"action": "created", "action": "edited"}',
        b'{"issue": {"id": 1, "id": 2}}',
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"n": ' + b"9" * 5_000 + b"}",
        b'{"action": "\xff"}',
        b'\xef\xbb\xbf{"action": "created"}',
        b"payload=%7B%7D",
        b'{"action": "created"',
    ],
)
def test_bytes_that_are_no_fit_json_are_ignored(payload: bytes) -> None:
    event = parse("issue_comment", payload)
    assert isinstance(event, Ignored)
    assert event.reason.startswith("malformed: ")


def test_text_that_no_database_can_hold_is_mended() -> None:
    event = parse("issue_comment", changed("comment.body", "a\x00b\ud800c"))
    assert isinstance(event, IssueCommented)
    assert "\x00" not in event.body
    assert event.body.encode("utf-8")


def test_a_hostile_event_name_stays_one_short_line() -> None:
    event = parse("x\r\ny" * 99, b"{}")
    assert isinstance(event, Ignored)
    assert "\n" not in event.reason
    assert len(event.reason) < 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
paths = st.sampled_from(
    [
        *COMMENTED,
        *(
            f"{key}.{inner}"
            for key, value in COMMENTED.items()
            if isinstance(value, dict)
            for inner in value
        ),
    ]
)


@given(path=paths, value=json_values)
@settings(max_examples=300, deadline=None)
def test_no_value_anywhere_raises(path: str, value: Any) -> None:
    parse("issue_comment", changed(path, value))


@given(payload=st.binary(max_size=200) | st.text().map(str.encode))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise(payload: bytes) -> None:
    assert isinstance(parse("issues", payload), Ignored)


def test_a_list_of_removed_repositories_without_one_is_not_all_of_them() -> None:
    payload = {
        "action": "removed",
        "installation": {"id": 7},
        "sender": {"id": 1, "login": "acme", "type": "User"},
        "repositories_removed": [],
    }
    assert isinstance(parse("installation_repositories", encoded(payload)), Ignored)
    assert isinstance(
        parse("installation", encoded({**payload, "action": "deleted"})), InstallationRemoved
    )
