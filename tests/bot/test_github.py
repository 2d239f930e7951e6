"""What the bot asks of GitHub, and what it makes of the answers, at the local GitHub."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.github_api import GitHubApi
from bot.github_app import GitHubApp, Token
from bot.github_errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from bot.github_repository import GitHubRepository
from bot.github_threads import IssueState
from records.effects import Ambiguous
from tests.bot.conftest import REPOSITORY, FrontDoor

ALL = {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"}


@pytest.fixture
def token(front_door: FrontDoor) -> Token:
    return front_door.app.token(front_door.installation_id, front_door.repository_id, ALL)


@pytest.fixture
def repository(front_door: FrontDoor, token: Token) -> GitHubRepository:
    return front_door.app.repository(token)


def requests_to(front_door: FrontDoor, operation: str) -> list[Any]:
    return [
        exchange
        for exchange in front_door.github.recorder.exchanges
        if exchange.operation == operation
    ]


def test_a_token_is_for_one_repository_and_these_permissions(front_door: FrontDoor) -> None:
    front_door.github.create_repository("acme", "other")
    front_door.github.install("patchbay-demo", "acme/other")
    permissions = {"contents": "read", "metadata": "read"}
    token = front_door.app.token(front_door.installation_id, front_door.repository_id, permissions)
    assert token.repository == REPOSITORY
    assert 3_500 < token.expires_at - time.time() < 3_700
    assert token.value not in repr(token)
    repository = front_door.app.repository(token)
    assert repository.default_branch() == "main"
    with pytest.raises((Forbidden, NotFound)):
        front_door.app.repository(token, "acme/other").default_branch()
    with pytest.raises(Forbidden):
        repository.create_comment(front_door.issue(), "hello")


def test_a_token_is_told_to_the_redactor(front_door: FrontDoor) -> None:
    told: list[str] = []
    app_id, key = front_door.github.create_app("second")
    installation = front_door.github.install(app_id, REPOSITORY)
    app = GitHubApp(app_id, key, front_door.github.api_url, on_secret=told.append)
    assert [app.token(installation, front_door.repository_id, {"metadata": "read"}).value] == told


def test_a_revoked_token_is_worthless(front_door: FrontDoor, token: Token) -> None:
    front_door.app.revoke(token)
    with pytest.raises(Unauthorized):
        front_door.app.repository(token).default_branch()
    front_door.app.revoke(token)


def test_a_repository_that_the_installation_does_not_hold_has_no_token(
    front_door: FrontDoor,
) -> None:
    other = front_door.github.create_repository("acme", "other")
    with pytest.raises((Invalid, NotFound)):
        front_door.app.token(front_door.installation_id, other, {"metadata": "read"})


def test_a_kept_token_is_minted_once_until_it_is_forgotten(front_door: FrontDoor) -> None:
    place = (front_door.installation_id, front_door.repository_id)
    for _ in range(3):
        front_door.app.kept_repository(*place, {"metadata": "read"})
    front_door.app.forget(*place)
    front_door.app.kept_repository(*place, {"metadata": "read"})
    assert len(requests_to(front_door, "apps/create-installation-access-token")) == 2


def test_the_bot_knows_its_own_account(front_door: FrontDoor, token: Token) -> None:
    bot = front_door.app.bot(token)
    assert (bot.slug, bot.login) == ("patchbay-demo", "patchbay-demo[bot]")
    assert bot.user_id == front_door.github.user("patchbay-demo[bot]")["id"]
    front_door.app.bot(token)
    assert len(requests_to(front_door, "apps/get-authenticated")) == 1
    # GitHub refuses the App's own signature here.
    (lookup,) = requests_to(front_door, "users/get-by-username")
    assert lookup.request_headers["Authorization"].removeprefix("token ") == token.value


def test_a_wrong_key_is_said_plainly(front_door: FrontDoor) -> None:
    app_id, _ = front_door.github.create_app("third")
    _, other_key = front_door.github.create_app("fourth")
    with pytest.raises(Unauthorized):
        GitHubApp(app_id, other_key, front_door.github.api_url).token(1, 1, {})


@pytest.mark.parametrize("shift_s", [-3_600, 3_600])
def test_a_clock_that_is_off_is_made_up_for(front_door: FrontDoor, shift_s: float) -> None:
    front_door.github.advance_clock(shift_s)
    place = (front_door.installation_id, front_door.repository_id)
    assert front_door.app.token(*place, {"metadata": "read"}).repository == REPOSITORY


@pytest.mark.parametrize(
    ("login", "level", "role"),
    [
        ("admin", "admin", "admin"),
        ("maintain", "write", "maintain"),
        ("write", "write", "write"),
        ("triage", "read", "triage"),
        ("read", "read", "read"),
    ],
)
def test_permissions_are_read_with_the_account_they_are_for(
    front_door: FrontDoor, repository: GitHubRepository, login: str, level: str, role: str
) -> None:
    permission = repository.permission(login)
    assert (permission.level, permission.role) == (level, role)
    assert permission.user_id == front_door.github.user(login)["id"]


def test_nobody_knows_an_account_that_is_not_there(repository: GitHubRepository) -> None:
    with pytest.raises(NotFound):
        repository.permission("nobody/../x")


def test_comments_are_written_edited_and_found_again(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    number = front_door.issue()
    since = time.time() - 60
    front_door.github.comment(REPOSITORY, number, "none", "<!-- mark 1 --> planted")
    assert repository.own_comment(number, "<!-- mark 1 -->", since) is None
    comment = repository.create_comment(number, "<!-- mark 1 -->\nbefore")
    repository.edit_comment(comment.id, "<!-- mark 1 -->\nafter")
    found = repository.own_comment(number, "<!-- mark 1 -->", since)
    assert found is not None
    assert (found.id, found.body) == (comment.id, "<!-- mark 1 -->\nafter")
    front_door.github.delete_comment(REPOSITORY, comment.id, "maria")
    with pytest.raises(NotFound):
        repository.edit_comment(comment.id, "again")


def test_a_comment_is_found_among_hundreds(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    number = front_door.issue()
    for index in range(205):
        front_door.github.comment(REPOSITORY, number, "maria", f"{index}")
    repository.create_comment(number, "<!-- mark -->")
    assert repository.own_comment(number, "<!-- mark -->", time.time() - 60) is not None


def test_a_list_without_an_end_is_read_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[int] = []

    def full_page(_api: GitHubApi, _path: str, *, per_page: int, page: int) -> list[int]:
        pages.append(page)
        return [0] * per_page

    monkeypatch.setattr(GitHubApi, "get", full_page)
    assert len(list(GitHubApi("http://127.0.0.1:1", "none").pages("/any"))) == 3_000
    assert pages == list(range(1, 31))


def test_there_is_one_reaction_at_a_time(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    number = front_door.issue()
    comment_id = front_door.github.comment(REPOSITORY, number, "maria", "hello")
    for content in ("eyes", "rocket", "rocket", "hooray"):
        repository.reactions.to_comment(comment_id, content)
        repository.reactions.to_issue(number, content)
    assert front_door.reactions(comment_id) == ["hooray"]
    on_issue = front_door.github.reactions(REPOSITORY, number)
    assert [reaction["content"] for reaction in on_issue] == ["hooray"]


def test_a_branch_a_commit_and_a_draft_pull_request(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    base = repository.branch_head("main")
    repository.create_branch("agent/42-tax-k3f9", base)
    with pytest.raises(Conflict):
        repository.create_branch("agent/42-tax-k3f9", base)
    head = repository.create_commit_on_branch(
        "agent/42-tax-k3f9",
        base,
        "Round up",
        "Because.\n\nAgent-Task: k3f9",
        additions={"a b/ü.bin": bytes(range(256)), "tax.py": b"RATE = 0.2\n"},
        deletions=["notes.txt"],
    )
    assert repository.branch_head("agent/42-tax-k3f9") == head
    assert repository.file_text("tax.py", head) == "RATE = 0.2\n"
    assert repository.file_text("notes.txt", head) is None
    assert repository.file_text("notes.txt", base) == "ünï\n"
    assert repository.file_text("a b/ü.bin", head) is None
    pull = repository.create_pull_request(
        title="Round up", body="Refs #1", head="agent/42-tax-k3f9", base="main", draft=True
    )
    assert (pull.draft, pull.head_sha, pull.state) == (True, head, "open")
    assert repository.pull_request_for("agent/42-tax-k3f9") == pull
    assert repository.pull_request_for("main") is None
    with pytest.raises(Conflict):
        repository.create_pull_request(
            title="Again", body="", head="agent/42-tax-k3f9", base="main", draft=True
        )
    repository.update_pull_request_body(pull.number, "Closes #1")
    (shown,) = front_door.github.pull_requests(REPOSITORY)
    assert shown["body"] == "Closes #1"


def test_a_branch_that_has_moved_takes_no_commit(repository: GitHubRepository) -> None:
    base = repository.branch_head("main")
    repository.create_branch("agent/x", base)
    change: dict[str, Any] = {"additions": {"a": b"1"}, "deletions": []}
    repository.create_commit_on_branch("agent/x", base, "One", "", **change)
    with pytest.raises(Conflict):
        repository.create_commit_on_branch("agent/x", base, "Two", "", **change)
    with pytest.raises((NotFound, Invalid)):
        repository.create_commit_on_branch("agent/none", base, "Two", "", **change)


def test_labels_are_set_and_taken_off(front_door: FrontDoor, repository: GitHubRepository) -> None:
    number = front_door.issue()
    repository.add_labels(number, ["agent:pr", "a/b ü"])
    repository.remove_label(number, "a/b ü")
    repository.remove_label(number, "a/b ü")
    assert repository.issue(number) == IssueState(is_open=True, locked=False, labels=("agent:pr",))
    front_door.github.lock_issue(REPOSITORY, number)
    front_door.github.close_issue(REPOSITORY, number, "maria")
    closed = repository.issue(number)
    assert (closed.is_open, closed.locked) == (False, True)


def test_what_is_not_there_is_not_found(repository: GitHubRepository) -> None:
    with pytest.raises(NotFound):
        repository.branch_head("nowhere")
    with pytest.raises(NotFound):
        repository.create_comment(4_711, "hello")
    assert repository.file_text("nowhere.txt", "main") is None


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 502, "body": "<html>"}, {"drop": True}]
)
@pytest.mark.parametrize("after", [False, True])
def test_a_write_without_a_clear_answer_is_sent_once_and_said_to_be_unclear(
    front_door: FrontDoor, repository: GitHubRepository, fault: dict[str, Any], after: bool
) -> None:
    number = front_door.issue()
    front_door.github.fault("issues/create-comment", **fault, after=after, count=None)
    with pytest.raises(Ambiguous):
        repository.create_comment(number, "hello")
    assert len(requests_to(front_door, "issues/create-comment")) == 1
    assert len(front_door.bot_comments(number)) == after


GRAPHQL_ERRORS: list[tuple[dict[str, str], type[Exception]]] = [
    ({"message": "Something went wrong while executing your query."}, Ambiguous),
    ({"message": "It is new", "type": "SERVICE_UNAVAILABLE"}, Ambiguous),
    ({"message": "A path does not exist", "type": "UNPROCESSABLE"}, Invalid),
    ({"message": "main is protected", "type": "BRANCH_PROTECTION_RULE_VIOLATION"}, Invalid),
    ({"message": "Expected branch to point to", "type": "STALE_DATA"}, Conflict),
]


@pytest.mark.parametrize(("error", "kind"), GRAPHQL_ERRORS)
def test_only_a_refusal_that_is_known_says_that_a_mutation_did_not_happen(
    front_door: FrontDoor,
    repository: GitHubRepository,
    error: dict[str, str],
    kind: type[Exception],
) -> None:
    answer = json.dumps({"data": {"createCommitOnBranch": None}, "errors": [error]})
    front_door.github.fault("graphql/createCommitOnBranch", status=200, body=answer)
    base = repository.branch_head("main")
    with pytest.raises(kind):
        repository.create_commit_on_branch("b", base, "One", "", additions={}, deletions=[])


def test_a_write_is_waited_for_longer_than_github_works_on_it(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    """GitHub gives a request ten seconds; who leaves sooner does not learn what became of it."""
    number = front_door.issue()
    front_door.github.fault("issues/create-comment", latency_s=10.5)
    repository.create_comment(number, "hello")
    assert len(front_door.bot_comments(number)) == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"drop": True}])
def test_a_read_is_tried_again(
    front_door: FrontDoor, repository: GitHubRepository, fault: dict[str, Any]
) -> None:
    front_door.github.fault("repos/get-collaborator-permission-level", **fault, count=2)
    assert repository.permission("maria").level == "write"


def test_a_read_that_goes_on_failing_is_unavailable(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    operation = "repos/get-collaborator-permission-level"
    front_door.github.fault(operation, status=500, count=None)
    with pytest.raises(Unavailable):
        repository.permission("maria")
    assert len(requests_to(front_door, operation)) == 4


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "headers", "message", "wait_s"),
    [
        (403, {"Retry-After": "120"}, "You have exceeded a secondary rate limit", 120),
        (429, {"Retry-After": "30"}, "Too many", 30),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "RESET"}, "API rate limit", 90),
        (403, {}, "You have exceeded a secondary rate limit and must wait", 60),
    ],
)
def test_a_rate_limit_says_until_when_and_is_not_slept_through(
    front_door: FrontDoor,
    repository: GitHubRepository,
    method: str,
    status: int,
    headers: dict[str, str],
    message: str,
    wait_s: float,
) -> None:
    number = front_door.issue()
    now = time.time()
    headers = {name: value.replace("RESET", str(int(now + 90))) for name, value in headers.items()}
    front_door.github.fault("*", status=status, headers=headers, message=message, count=None)
    ask: dict[str, Callable[[], object]] = {
        "GET": repository.default_branch,
        "POST": lambda: repository.create_comment(number, "hello"),
    }
    with pytest.raises(RateLimited) as raised:
        ask[method]()
    assert time.time() - now < 5
    assert raised.value.until - now == pytest.approx(wait_s, abs=6)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, Forbidden),
        (404, NotFound),
        (410, NotFound),
        (409, Conflict),
        (422, Invalid),
        (451, Forbidden),
    ],
)
def test_refusals_have_names(
    front_door: FrontDoor, repository: GitHubRepository, status: int, kind: type[Exception]
) -> None:
    number = front_door.issue()
    front_door.github.fault("issues/create-comment", status=status, message="No")
    with pytest.raises(kind):
        repository.create_comment(number, "hello")


def test_an_answer_that_is_no_json_is_an_error_of_ours(
    front_door: FrontDoor, repository: GitHubRepository
) -> None:
    front_door.github.fault("repos/get", status=200, body="{broken", count=None)
    with pytest.raises(Unavailable):
        repository.default_branch()


def test_a_github_that_is_away_was_sent_nothing(front_door: FrontDoor, token: Token) -> None:
    front_door.app.bot(token)
    front_door.github.stop()
    repository = front_door.app.repository(token)
    with pytest.raises(Unavailable):
        repository.create_comment(1, "hello")
    with pytest.raises(Unavailable):
        repository.default_branch()
