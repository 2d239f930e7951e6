"""Reviews with threads, as people give them and as bots answer: through the handle and GraphQL."""

from typing import Any

import pytest

from demo.github.acts.outdating import new_line
from demo.github.errors import GitHubError
from tests.demo_github.conftest import World

SHOP = "ann/shop"
THREADS = """{repository(owner: "ann", name: "shop") {pullRequest(number: 1) {
  reviewThreads(first: 50) {totalCount nodes {id isResolved isOutdated path line startLine
    resolvedBy {login} comments(first: 50) {nodes {id fullDatabaseId body author {login}
      pullRequestReview {state} replyTo {id}}}}}}}}"""
RESOLVE = """mutation($id: ID!) {resolveReviewThread(input: {threadId: $id})
  {thread {isResolved resolvedBy {login}}}}"""
REPLY = """mutation($id: ID!, $body: String!) {addPullRequestReviewThreadReply(
  input: {pullRequestReviewThreadId: $id, body: $body}) {comment {body replyTo {body}}}}"""
MINIMIZE = """mutation($id: ID!) {minimizeComment(input: {subjectId: $id, classifier: OUTDATED})
  {minimizedComment {isMinimized}}}"""
REACT = """mutation($id: ID!) {addReaction(input: {subjectId: $id, content: EYES})
  {subject {id}}}"""


@pytest.fixture
def pull(checked_world: World) -> World:
    """A pull request of the bot's that changes two files, without a webhook."""
    github = checked_world.github
    github.make_branch(SHOP, "agent/1", "ann")
    text = "def total(prices):\n    # all of them\n    return sum(prices)\n"
    github.commit(SHOP, "agent/1", "patchbay[bot]", {"shop.py": text, "new.py": "one\ntwo\n"})
    assert github.open_pull(SHOP, "patchbay[bot]", "agent/1", "Mend the total") == 1
    return checked_world


def reviewed(world: World, event: str = "REQUEST_CHANGES") -> int:
    comments = [
        {"path": "shop.py", "line": 3, "start_line": 2, "body": "Why?"},
        {"path": "new.py", "line": 1, "body": "Not this."},
    ]
    return world.github.review(SHOP, 1, "keeper", event, "Two things.", comments)


def thread_nodes(world: World) -> list[Any]:
    found = world.graphql(world.token(), THREADS)
    nodes: list[Any] = found["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
    return nodes


def events(world: World) -> list[tuple[str, str | None]]:
    return [(each["event"], each["action"]) for each in world.github.deliveries()]


def test_a_review_goes_out_whole_and_each_thread_can_be_answered_and_resolved(pull: World) -> None:
    pull.github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    reviewed(pull)
    assert events(pull) == [
        ("pull_request_review_comment", "created"),
        ("pull_request_review_comment", "created"),
        ("pull_request_review", "submitted"),
    ]
    first, second = thread_nodes(pull)
    assert (first["path"], first["startLine"], first["line"]) == ("shop.py", 2, 3)
    assert first["comments"]["nodes"][0]["pullRequestReview"] == {"state": "CHANGES_REQUESTED"}
    answered = pull.graphql(pull.token(), REPLY, id=first["id"], body="Fixed in abc1234.")
    said = answered["data"]["addPullRequestReviewThreadReply"]["comment"]
    assert said == {"body": "Fixed in abc1234.", "replyTo": {"body": "Why?"}}
    pull.graphql(pull.token(), RESOLVE, id=first["id"])
    by_hand = int(second["comments"]["nodes"][0]["fullDatabaseId"])
    pull.github.resolve(SHOP, 1, "keeper", by_hand)
    assert [each["isResolved"] for each in thread_nodes(pull)] == [True, True]
    assert [each["resolved_by"] for each in pull.github.threads(SHOP, 1)] == [
        "patchbay[bot]",
        "keeper",
    ]
    pull.github.resolve(SHOP, 1, "keeper", by_hand, resolved=False)
    assert [each["isResolved"] for each in thread_nodes(pull)] == [True, False]


def test_who_was_asked_for_a_review_has_given_it_and_can_be_asked_again(pull: World) -> None:
    asked = {"reviewers": ["keeper"]}
    path = "/repos/ann/shop/pulls/1/requested_reviewers"
    pull.call("POST", path, pull.token(), asked)
    reviewed(pull)
    assert pull.github.requested_reviewers(SHOP, 1) == []
    pull.call("POST", path, pull.token(), asked)
    assert pull.github.requested_reviewers(SHOP, 1) == ["keeper"]


def test_nobody_sees_the_comments_of_a_review_that_is_not_submitted(pull: World) -> None:
    pull.github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    token = pull.github.user_token("keeper")
    body = {"body": "later", "comments": [{"path": "new.py", "line": 2, "body": "hm"}]}
    review = pull.call("POST", "/repos/ann/shop/pulls/1/reviews", token, body).json()["id"]
    assert (thread_nodes(pull), events(pull)) == ([], [])
    path = f"/repos/ann/shop/pulls/1/reviews/{review}/events"
    pull.call("POST", path, token, {"event": "COMMENT", "body": "now"})
    assert len(thread_nodes(pull)) == 1


def test_a_thread_follows_its_line_and_is_outdated_when_the_line_changed(pull: World) -> None:
    reviewed(pull)
    text = "# first\n# second\ndef total(prices):\n    # all of them\n    return sum(prices)\n"
    pull.github.commit(SHOP, "agent/1", "keeper", {"shop.py": text, "new.py": "1\ntwo\n"})
    first, second = thread_nodes(pull)
    assert (first["startLine"], first["line"], first["isOutdated"]) == (4, 5, False)
    assert (second["line"], second["isOutdated"]) == (None, True)
    rest = pull.call("GET", "/repos/ann/shop/pulls/1/comments", pull.token()).json()
    assert [each.get("line") for each in rest] == [5, None]
    assert [each["original_line"] for each in rest] == [3, 1]
    answered = pull.graphql(pull.token(), REPLY, id=second["id"], body="Gone.")
    assert "errors" not in answered


def test_reviews_and_their_comments_get_reactions_and_can_be_folded_away(pull: World) -> None:
    reviewed(pull)
    review = pull.call("GET", "/repos/ann/shop/pulls/1/reviews", pull.token()).json()[0]["node_id"]
    comment = thread_nodes(pull)[0]["comments"]["nodes"][0]["id"]
    for node in (review, comment):
        answer = pull.graphql(pull.token(), REACT, id=node)
        assert answer["data"]["addReaction"]["subject"] == {"id": node}
        answer = pull.graphql(pull.token(), MINIMIZE, id=node)
        assert answer["data"]["minimizeComment"]["minimizedComment"] == {"isMinimized": True}
    thread = thread_nodes(pull)[0]["id"]
    assert pull.graphql(pull.token(), REACT, id=thread)["errors"][0]["type"] == "NOT_FOUND"


def test_a_merged_pull_request_is_reverted_by_another(pull: World) -> None:
    pull.github.merge(SHOP, 1, "keeper")
    assert pull.github.file(SHOP, "new.py") == "one\ntwo\n"
    pull.github.commit(SHOP, "main", "ann", {"later.py": "later\n"})
    number = pull.github.revert(SHOP, 1, "keeper")
    back = pull.github.pull_requests(SHOP)[number - 1]
    assert back["title"] == 'Revert "Mend the total"'
    assert back["body"] == "Reverts ann/shop#1"
    pull.github.merge(SHOP, number, "keeper")
    assert pull.github.file(SHOP, "later.py") == "later\n"
    with pytest.raises(GitHubError):
        pull.github.file(SHOP, "new.py")


def test_a_click_ticks_the_one_box_that_is_meant(checked_world: World) -> None:
    github = checked_world.github
    github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    number = github.open_issue(SHOP, "ann", "Bug")
    body = "Choose:\n\n- [ ] Stop <!-- do:stop -->\n- [x] Go on\n- [ ] Stop it all\n"
    comment = github.comment(SHOP, number, "patchbay[bot]", body)
    github.tick(SHOP, comment, "writer", "do:stop")
    edited = github.deliveries("issue_comment")[-1]["request"]["payload"]
    assert edited["changes"]["body"]["from"] == body
    assert edited["comment"]["body"] == body.replace("[ ] Stop <", "[x] Stop <")
    assert (edited["sender"]["login"], edited["comment"]["user"]["type"]) == ("writer", "Bot")
    with pytest.raises(GitHubError):
        github.tick(SHOP, comment, "writer", "Go on")


def test_the_bot_of_an_installed_app_can_be_assigned_and_no_stranger(checked_world: World) -> None:
    github = checked_world.github
    github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    number = github.open_issue(SHOP, "ann", "Bug")
    github.assign(SHOP, number, "writer", "patchbay[bot]")
    github.assign(SHOP, number, "writer", "stranger")
    assert [each["login"] for each in github.issue(SHOP, number)["assignees"]] == ["patchbay[bot]"]
    [told] = [each for each in github.deliveries("issues") if each["action"] == "assigned"]
    assert told["request"]["payload"]["assignee"]["login"] == "patchbay[bot]"


@pytest.mark.parametrize(
    ("hunks", "line", "moved"),
    [
        ("@@ -3,0 +4,2 @@", 3, 3),
        ("@@ -3,0 +4,2 @@", 4, 6),
        ("@@ -3 +3 @@", 3, None),
        ("@@ -3,2 +3 @@", 5, 4),
        ("@@ -1,2 +0,0 @@\n@@ -8,0 +7,3 @@", 9, 10),
        ("@@ -1,2 +0,0 @@\n@@ -8,0 +7,3 @@", 8, 6),
        ("", 7, 7),
    ],
)
def test_lines_move_with_what_is_added_and_removed_above(
    hunks: str, line: int, moved: int | None
) -> None:
    assert new_line(hunks, line) == moved


def test_a_pull_request_comes_from_a_fork_and_follows_it(checked_world: World) -> None:
    github = checked_world.github
    github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    fork = github.fork(SHOP, "stranger")
    github.make_branch(fork, "mend", "stranger")
    github.commit(fork, "mend", "stranger", {"new.py": "one\n"})
    number = github.open_pull(SHOP, "stranger", "stranger:mend", "Mend it")
    sha = github.commit(fork, "mend", "stranger", {"new.py": "two\n"})
    github.make_branch(SHOP, "mend", "ann")
    github.commit(SHOP, "mend", "ann", {"other.py": "three\n"})
    shown = checked_world.call("GET", f"/repos/{SHOP}/pulls/{number}", checked_world.token()).json()
    assert (shown["head"]["sha"], shown["head"]["repo"]["fork"]) == (sha, True)
    assert shown["head"]["label"] == "stranger:mend"
    told = [each["action"] for each in github.deliveries("pull_request")]
    assert told == ["opened", "synchronize"]
    path = f"/repos/{fork}/git/refs/heads/mend"
    answer = checked_world.call("DELETE", path, checked_world.token())
    assert answer.status_code == 404
    github.merge(SHOP, number, "keeper")
    assert github.file(SHOP, "new.py") == "two\n"
