"""The pages without a browser: what they read, whom they refuse, and where they lead."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.github.acts.conversation import add_comment, react
from demo.github.acts.issues import edit_issue
from demo.github.check_records import CheckRun
from demo.github.pages import blueprint
from demo.github.pages.diff import DiffLine, around, parse_patch
from demo.github.pages.views import Label
from demo.github.pages.words import ago
from tests.demo_github.pages_site import Site, running_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


@pytest.fixture
def client(site: Site) -> FlaskClient:
    app = Flask("pages", static_folder=None)
    app.register_blueprint(blueprint(site.state))
    return app.test_client()


PATCH = "@@ -3,3 +3,4 @@ def tax():\n a\n-b\n+c\n+d\n e\n\\ No newline at end of file"


def test_a_patch_has_the_numbers_of_both_sides() -> None:
    assert parse_patch(PATCH) == (
        DiffLine("hunk", "@@ -3,3 +3,4 @@ def tax():"),
        DiffLine("context", "a", 3, 3),
        DiffLine("delete", "b", 4, None),
        DiffLine("add", "c", None, 4),
        DiffLine("add", "d", None, 5),
        DiffLine("context", "e", 5, 6),
        DiffLine("note", "No newline at end of file"),
    )


def test_odd_line_ends_inside_a_line_do_not_split_it() -> None:
    lines = parse_patch("@@ -0,0 +1,2 @@\n+a\fb\u2028c\r\n+d")
    assert [(line.text, line.new) for line in lines[1:]] == [("a\fb\u2028c\r", 1), ("d", 2)]


def test_a_thread_shows_the_lines_before_it() -> None:
    lines = parse_patch(PATCH)
    assert [line.text for line in around(lines, "RIGHT", 5)] == ["a", "b", "c", "d"]
    assert [line.text for line in around(lines, "LEFT", 4)] == ["a", "b"]
    assert around(lines, "RIGHT", 99) == ()
    assert around(lines, "RIGHT", None) == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "now"),
        (-5, "now"),
        (61, "1 minute ago"),
        (3 * 3600 + 60, "3 hours ago"),
        (2 * 86_400 + 60, "2 days ago"),
    ],
)
def test_times_are_told_as_people_do(seconds: float, words: str) -> None:
    assert ago(time.time() - seconds) == words


def test_label_text_is_readable_on_its_colour() -> None:
    assert Label("bug", "d73a4a").bright is False
    assert Label("invalid", "e4e669").bright is True


def test_reactions_are_counted_and_named(site: Site, client: FlaskClient) -> None:
    issue = site.issue()
    with site.state.lock:
        said = add_comment(site.state, site.repository, issue, site.actor("li"), "/agent fix")
        react(site.state, said, site.app.bot, "rocket")
        react(site.state, said, site.state.user("maria"), "rocket")
    page = client.get(f"/maria/shop/issues/{issue.number}").text
    assert 'title="patchbay[bot], maria reacted with rocket"' in page
    assert f'id="issuecomment-{said.id}"' in page


def test_a_new_title_stands_in_the_timeline(site: Site, client: FlaskClient) -> None:
    issue = site.issue("Old <b>")
    with site.state.lock:
        edit_issue(site.state, site.repository, issue, site.actor("maria"), {"title": "New"})
    page = client.get(f"/maria/shop/issues/{issue.number}").text
    assert "changed the title from “Old &lt;b&gt;” to “New”" in page


def test_lists_tell_open_from_closed_and_know_labels(site: Site, client: FlaskClient) -> None:
    site.issue("First")
    client.post("/maria/shop/issues/1/labels", data={"actor": "maria", "name": "bug"})
    site.issue("Second")
    client.post("/maria/shop/issues/2/comments", data={"actor": "maria", "also": "closed"})
    shown = client.get("/maria/shop/issues").text
    assert "First" in shown
    assert "Second" not in shown
    assert "Second" in client.get("/maria/shop/issues?state=closed").text
    assert "First" in client.get("/maria/shop/issues?label=bug").text
    assert "First" not in client.get("/maria/shop/issues?label=question").text


def test_an_author_may_close_but_a_reader_may_not(site: Site, client: FlaskClient) -> None:
    issue = site.issue()
    answer = client.post("/maria/shop/issues/1/comments", data={"actor": "vera", "also": "closed"})
    assert (answer.status_code, issue.state) == (403, "open")
    assert issue.comments == []


REFUSED = {
    "merge": ("sam", "/maria/shop/pull/1/merge"),
    "ready": ("vera", "/maria/shop/pull/1/ready"),
    "label": ("vera", "/maria/shop/pull/1/labels"),
}


@pytest.mark.parametrize(("login", "path"), REFUSED.values(), ids=REFUSED)
def test_too_small_a_role_is_refused(
    site: Site, client: FlaskClient, login: str, path: str
) -> None:
    pull = site.pull()
    answer = client.post(path, data={"actor": login, "name": "bug"})
    assert answer.status_code == 403
    assert f"{login} has the role" in answer.text
    assert (pull.state, pull.labels, pull.pull and pull.pull.draft) == ("open", [], True)


def test_an_issue_address_of_a_pull_request_leads_to_it(site: Site, client: FlaskClient) -> None:
    pull = site.pull()
    answer = client.get(f"/maria/shop/issues/{pull.number}")
    assert answer.location == f"/maria/shop/pull/{pull.number}"
    assert client.get(f"/maria/shop/pull/{site.issue().number}").status_code == 404


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_choice_of_a_person_never_leads_away(client: FlaskClient, back: str) -> None:
    answer = client.post("/_as", data={"actor": "li", "back": back})
    assert answer.location in {"/", "/%5Cevil.example"}


def test_unknown_things_are_a_page_of_their_own(client: FlaskClient) -> None:
    for path in ("/nobody", "/maria/nothing", "/maria/shop/issues/99", "/maria/shop/commit/feed"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Not Found" in answer.text


def test_code_shows_folders_files_and_branches_with_slashes(
    site: Site, client: FlaskClient
) -> None:
    site.pull()
    home = client.get("/maria/shop").text
    assert "/maria/shop/tree/main/shop" in home
    assert "Sells things." in home
    branch = client.get("/maria/shop/blob/agent/1-tax-k3f9/shop/tax.py").text
    assert "return round(net * 0.19)" in branch
    assert client.get("/maria/shop/tree/agent/1-tax-k3f9/nothing").status_code == 404


def test_every_answer_carries_the_policy(client: FlaskClient) -> None:
    for path in ("/", "/nobody", "/_pages/pages.css"):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_comment_folded_away_says_why(site: Site, client: FlaskClient) -> None:
    issue = site.issue()
    with site.state.lock:
        said = add_comment(site.state, site.repository, issue, site.actor("li"), "old news")
        said.minimized_reason = "OUTDATED"
    page = client.get(f"/maria/shop/issues/{issue.number}").text
    assert "This comment was marked as outdated." in page
    assert "old news" in page


def test_a_merge_says_which_commit_closed_the_issue(site: Site, client: FlaskClient) -> None:
    site.issue()
    pull = site.pull()
    client.post(f"/maria/shop/pull/{pull.number}/ready", data={"actor": "maria"})
    client.post(f"/maria/shop/pull/{pull.number}/merge", data={"actor": "maria"})
    sha = pull.pull.merge_sha if pull.pull else None
    assert sha is not None
    page = client.get("/maria/shop/issues/1").text
    assert f'closed this in <a class="sha" href="/maria/shop/commit/{sha}">{sha[:7]}</a>' in page


def test_a_check_run_leads_to_its_pull_request(site: Site, client: FlaskClient) -> None:
    pull = site.pull()
    sha = pull.pull.head_sha if pull.pull else ""
    now = site.state.now()
    with site.state.lock:
        run = CheckRun(
            id=site.state.next_id(),
            suite_id=site.state.next_id(),
            app=site.app,
            name="agent",
            head_sha=sha,
            status="completed",
            conclusion="failure",
            started_at=now,
            completed_at=now,
            external_id="",
            details_url="",
            title="1 test fails",
            summary="See **below**.",
        )
        site.repository.check_runs.append(run)
    answer = client.get(f"/maria/shop/runs/{run.id}")
    assert answer.location == f"/maria/shop/pull/{pull.number}/checks"
    page = client.get(answer.location).text
    assert "1 test fails" in page
    assert "<strong>below</strong>" in page
    assert "mood-bad" in client.get("/maria/shop/pulls").text


def test_a_click_on_a_box_edits_the_comment_for_those_who_may_write(
    site: Site, client: FlaskClient
) -> None:
    issue = site.issue()
    with site.state.lock:
        body = "Controls:\n\n- [ ] Stop <!-- do:stop -->\n\n```\n- [ ] none\n```\n"
        said = add_comment(site.state, site.repository, issue, site.bot, body)
    page = client.get(f"/maria/shop/issues/{issue.number}").text
    assert 'class="task-box" data-line="2"' in page
    assert page.count("data-line=") == 1
    form = {"actor": "vera", "comment": str(said.id), "line": "2"}
    assert client.post("/maria/shop/issues/1/boxes", data=form).status_code == 403
    assert said.body == body
    client.post("/maria/shop/issues/1/boxes", data=form | {"actor": "maria"})
    assert said.body == body.replace("[ ] Stop", "[x] Stop")
    assert client.post(
        "/maria/shop/issues/1/boxes", data=form | {"actor": "maria", "line": "0"}
    ).status_code == 422  # fmt: skip


def test_a_resolved_thread_is_folded_and_can_be_opened_again(
    site: Site, client: FlaskClient
) -> None:
    pull = site.pull()
    here = f"/maria/shop/pull/{pull.number}"
    line = {"line:RIGHT:5:shop/tax.py": "Why?\n```suggestion\nx\n```"}
    client.post(f"{here}/reviews", data={"actor": "li", "event": "COMMENT", **line})
    assert pull.pull is not None
    root = pull.pull.review_comments[0].id
    assert 'lang="suggestion"' in client.get(here).text
    client.post(f"{here}/threads/{root}/resolve", data={"actor": "maria"})
    assert "maria marked this conversation as resolved" in client.get(here).text
    client.post(f"{here}/threads/{root}/unresolve", data={"actor": "maria"})
    assert "marked this conversation" not in client.get(here).text


def test_a_workflow_ends_as_somebody_says_and_the_newest_run_counts(
    site: Site, client: FlaskClient
) -> None:
    pull = site.pull()
    here = f"/maria/shop/pull/{pull.number}"
    for conclusion in ("failure", "success"):
        form = {"actor": "maria", "conclusion": conclusion, "log": "1 failed"}
        client.post(f"{here}/workflows", data=form)
    runs = site.repository.workflow_runs
    assert [each.jobs[0].check.conclusion for each in runs] == ["failure", "success"]
    assert runs[0].jobs[0].log == "1 failed"
    assert "GitHub Actions" in client.get(f"{here}/checks").text


def test_people_are_assigned_from_the_page(site: Site, client: FlaskClient) -> None:
    issue = site.issue()
    client.post("/maria/shop/issues/1/assignees", data={"actor": "maria", "login": "li"})
    assert [each.login for each in issue.assignees] == ["li"]
    form = {"actor": "maria", "login": "li"}
    client.post("/maria/shop/issues/1/assignees/remove", data=form)
    assert issue.assignees == []
