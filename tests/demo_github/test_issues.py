"""Issues, comments, reactions, labels and pull requests, through PyGithub."""

from collections.abc import Iterator

import github
import pytest
from github import Github
from github.Repository import Repository

from tests.demo_github.conftest import World


@pytest.fixture
def client(checked_world: World) -> Iterator[Github]:
    auth = github.Auth.AppAuth(checked_world.app_id, checked_world.private_key)
    with github.GithubIntegration(auth=auth, base_url=checked_world.github.api_url) as app:
        token = app.get_access_token(checked_world.installation_id).token
    with Github(
        auth=github.Auth.Token(token),
        base_url=checked_world.github.api_url,
        seconds_between_requests=0,
        seconds_between_writes=0,
        retry=None,
    ) as found:
        yield found


@pytest.fixture
def shop(client: Github, checked_world: World) -> Repository:
    checked_world.github.open_issue("ann/shop", "ann", "Bug", "Prices are wrong")
    return client.get_repo("ann/shop")


def test_comments_are_written_edited_and_listed(shop: Repository) -> None:
    issue = shop.get_issue(1)
    comment = issue.create_comment("first")
    assert comment.id > 2**31
    comment.edit("changed")
    assert [(each.user.login, each.body) for each in issue.get_comments()] == [
        ("patchbay[bot]", "changed")
    ]
    comment.delete()
    assert list(issue.get_comments()) == []


def test_a_comment_has_at_most_65536_characters(shop: Repository) -> None:
    issue = shop.get_issue(1)
    issue.create_comment("é" * 65_536)
    with pytest.raises(github.GithubException) as caught:
        issue.create_comment("e" * 65_537)
    assert caught.value.status == 422
    assert "too long (maximum is 65536 characters)" in str(caught.value.data)
    with pytest.raises(github.GithubException):
        issue.create_comment("  ")


def test_a_reaction_of_a_kind_is_there_once(shop: Repository, checked_world: World) -> None:
    number = checked_world.github.comment("ann/shop", 1, "ann", "/agent fix")
    comment = shop.get_issue(1).get_comment(number)
    first, second = comment.create_reaction("eyes"), comment.create_reaction("eyes")
    assert first.id == second.id
    comment.create_reaction("rocket")
    comment.delete_reaction(first.id)
    assert [each.content for each in comment.get_reactions()] == ["rocket"]
    shop.get_issue(1).create_reaction("+1")
    assert [each.content for each in shop.get_issue(1).get_reactions()] == ["+1"]
    assert shop.get_issue(1).raw_data["reactions"]["+1"] == 1


def test_labels_are_made_when_an_issue_gets_them(shop: Repository) -> None:
    issue = shop.get_issue(1)
    issue.add_to_labels("bug", "agent:fix")
    issue.remove_from_labels("bug")
    assert [each.name for each in issue.get_labels()] == ["agent:fix"]
    assert shop.get_label("agent:fix").color == "ededed"
    events = [(each.event, each.label.name) for each in issue.get_events()]
    assert events == [("labeled", "bug"), ("labeled", "agent:fix"), ("unlabeled", "bug")]


def test_lists_come_in_pages(shop: Repository, checked_world: World) -> None:
    for number in range(65):
        checked_world.github.comment("ann/shop", 1, "ann", f"comment {number}")
    bodies = [each.body for each in shop.get_issue(1).get_comments()]
    assert bodies == [f"comment {number}" for number in range(65)]
    path = "/repos/ann/shop/issues/1/comments?per_page=30&page=2"
    answer = checked_world.call("GET", path, checked_world.token())
    assert set(answer.links) == {"next", "last", "prev", "first"}
    assert "page=3" in answer.links["next"]["url"]


def test_issues_are_found_by_state_label_and_words(client: Github, shop: Repository) -> None:
    second = shop.create_issue("Second thing", body="Something else", labels=["bug"])
    second.edit(state="closed", state_reason="not_planned")
    assert [each.number for each in shop.get_issues()] == [1]
    assert [each.number for each in shop.get_issues(state="all", labels=["bug"])] == [2]
    found = client.search_issues("repo:ann/shop is:issue is:closed second")
    assert [each.number for each in found] == [2]
    assert shop.get_issue(2).state_reason == "not_planned"


def test_people_are_assigned(shop: Repository) -> None:
    issue = shop.get_issue(1)
    issue.add_to_assignees("writer", "stranger")
    assert [each.login for each in shop.get_issue(1).assignees] == ["writer"]
    issue.remove_from_assignees("writer")
    assert shop.get_issue(1).assignees == []


def test_a_draft_pull_request_is_opened_once_and_listed_by_its_branch(
    shop: Repository, checked_world: World
) -> None:
    head = checked_world.head()
    shop.create_git_ref("refs/heads/agent/1-prices", head)
    with pytest.raises(github.GithubException, match="No commits between"):
        shop.create_pull(base="main", head="agent/1-prices", title="empty")
    shop.create_file("fix.py", "fix", "x = 1\n", branch="agent/1-prices")
    pull = shop.create_pull(
        base="main", head="agent/1-prices", title="Fix", body="Closes #1", draft=True
    )
    assert (pull.draft, pull.mergeable, pull.changed_files) == (True, True, 1)
    assert [each.filename for each in pull.get_files()] == ["fix.py"]
    assert [each.commit.message for each in pull.get_commits()] == ["fix"]
    with pytest.raises(github.GithubException, match="A pull request already exists"):
        shop.create_pull(base="main", head="agent/1-prices", title="again")
    listed = shop.get_pulls(state="all", head="ann:agent/1-prices")
    assert [each.number for each in listed] == [pull.number]
    pull.edit(body="Closes #1, really")
    assert shop.get_pull(pull.number).body == "Closes #1, really"


def test_merging_closes_the_issues_that_the_pull_request_names(
    shop: Repository, checked_world: World
) -> None:
    shop.create_git_ref("refs/heads/topic", checked_world.head())
    shop.create_file("fix.py", "fix", "x = 1\n", branch="topic")
    pull = shop.create_pull(base="main", head="topic", title="Fix", body="Fixes: #1")
    assert pull.merge(sha=pull.head.sha).merged
    assert shop.get_issue(1).state == "closed"
    assert shop.get_pull(pull.number).merged
    assert shop.get_contents("fix.py").decoded_content == b"x = 1\n"  # type: ignore[union-attr]


def test_branches_in_conflict_cannot_be_merged(shop: Repository, checked_world: World) -> None:
    shop.create_git_ref("refs/heads/topic", checked_world.head())
    shop.create_file("same.py", "one", "one\n", branch="topic")
    shop.create_file("same.py", "two", "two\n", branch="main")
    pull = shop.create_pull(base="main", head="topic", title="Fix")
    assert (pull.mergeable, pull.mergeable_state) == (False, "dirty")
    with pytest.raises(github.GithubException, match="not mergeable"):
        pull.merge()


def test_reviews_and_their_comments_form_threads(shop: Repository, checked_world: World) -> None:
    shop.create_git_ref("refs/heads/topic", checked_world.head())
    shop.create_file("fix.py", "fix", "x = 1\ny = 2\n", branch="topic")
    commit = shop.get_commit("topic")
    pull = shop.create_pull(base="main", head="topic", title="Fix")
    first = pull.create_review_comment("Why?", commit, "fix.py", line=2)
    answer = pull.create_review_comment_reply(first.id, "Because.")
    assert answer.in_reply_to_id == first.id
    assert first.diff_hunk.endswith("+y = 2")
    review = pull.create_review(body="Thoughts", event="COMMENT")
    assert review.state == "COMMENTED"
    assert [each.body for each in pull.get_review_comments()] == ["Why?", "Because."]
    with pytest.raises(github.GithubException, match="Can not approve your own pull request"):
        pull.create_review(event="APPROVE")


def test_check_runs_are_reported_and_completed(shop: Repository, checked_world: World) -> None:
    sha = checked_world.head()
    run = shop.create_check_run("evidence", sha, external_id="task-1", status="in_progress")
    run.edit(conclusion="success", output={"title": "Good", "summary": "All pass"})
    (found,) = shop.get_commit(sha).get_check_runs()
    assert (found.status, found.conclusion, found.output.title) == ("completed", "success", "Good")


def test_files_and_folders_are_read_at_a_commit(shop: Repository) -> None:
    assert {each.path for each in shop.get_contents("")} >= {"README.md", "docs"}  # type: ignore[union-attr]
    deep = shop.get_contents("docs/deep/note.md", ref="main")
    assert not isinstance(deep, list)
    assert deep.decoded_content == b"deep\n"
    with pytest.raises(github.UnknownObjectException):
        shop.get_contents("docs/none.md")


def test_git_data_can_be_built_by_hand(shop: Repository, checked_world: World) -> None:
    base = shop.get_git_commit(checked_world.head())
    blob = shop.create_git_blob("content\n", "utf-8")
    element = github.InputGitTreeElement("deep/er/file.txt", "100644", "blob", sha=blob.sha)
    tree = shop.create_git_tree([element], base.tree)
    commit = shop.create_git_commit("by hand", tree, [base])
    ref = shop.create_git_ref("refs/heads/by-hand", commit.sha)
    assert shop.get_git_ref("heads/by-hand").object.sha == commit.sha
    paths = [each.path for each in shop.get_git_tree("by-hand", recursive=True).tree]
    assert {"deep/er/file.txt", "shop.py"} <= set(paths)
    with pytest.raises(github.GithubException, match="Reference already exists"):
        shop.create_git_ref("refs/heads/by-hand", commit.sha)
    with pytest.raises(github.GithubException, match="not a fast forward"):
        ref.edit(shop.create_git_commit("aside", tree, []).sha)
    ref.delete()
    with pytest.raises(github.UnknownObjectException):
        shop.get_git_ref("heads/by-hand")
    compared = shop.compare(base.sha, commit.sha)
    assert (compared.status, compared.ahead_by) == ("ahead", 1)


def test_the_bot_is_a_user_with_a_number(client: Github, checked_world: World) -> None:
    bot = client.get_user("patchbay[bot]")
    assert (bot.login, bot.type) == ("patchbay[bot]", "Bot")
    assert client.get_rate_limit().rate.limit == 5000
    assert checked_world.github.user("patchbay[bot]")["id"] == bot.id
