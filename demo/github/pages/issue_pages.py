"""Issues: the list, one issue, a new one, and what people do there with a form."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from demo.github.acts.conversation import add_comment, edit_comment, toggled
from demo.github.acts.issues import (
    add_label,
    assign,
    close_issue,
    open_issue,
    remove_label,
    reopen_issue,
    unassign,
)
from demo.github.pages.read_issue import issue_view, linked, row, rows
from demo.github.pages.site import Site
from demo.github.records import Actor, Issue, Repository

HERE = "/<owner>/<name>"


def place(repository: Repository, issue: Issue) -> str:
    """Give the address of an issue's or a pull request's page."""
    kind = "issues" if issue.pull is None else "pull"
    return f"/{repository.full_name}/{kind}/{issue.number}"


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""
    _register_reading(pages, site)
    _register_writing(pages, site)
    _register_changing(pages, site)


def _register_reading(pages: Blueprint, site: Site) -> None:
    @pages.get(f"{HERE}/issues", endpoint="issues", defaults={"pulls": False})
    @pages.get(f"{HERE}/pulls", endpoint="pulls", defaults={"pulls": True})
    def listing(owner: str, name: str, *, pulls: bool) -> str:
        with site.state.lock:
            return _list_page(site, site.repository(owner, name), pulls=pulls)

    @pages.get(f"{HERE}/issues/new")
    def new_issue(owner: str, name: str) -> str:
        with site.state.lock:
            return site.page("github/new_issue.html", site.repository(owner, name), tab="issues")

    @pages.get(f"{HERE}/issues/<int:number>")
    def issue(owner: str, name: str, number: int) -> str | Response:
        with site.state.lock:
            repository = site.repository(owner, name)
            record = site.state.issue(repository, number)
            if record.pull is not None:
                return redirect(place(repository, record))
            return site.page(
                "github/conversation.html",
                repository,
                tab="issues",
                base=place(repository, record),
                issue=issue_view(site.state, repository, record),
                linked=[row(repository, each) for each in linked(repository, record)],
            )


def _list_page(site: Site, repository: Repository, *, pulls: bool) -> str:
    state, label = request.args.get("state", "open"), request.args.get("label", "")
    all_rows = rows(repository, pulls=pulls)
    if label:
        all_rows = [each for each in all_rows if label in {one.name for one in each.labels}]
    still_open = sum(each.state == "open" for each in all_rows)
    return site.page(
        "github/issues.html",
        repository,
        tab="pulls" if pulls else "issues",
        pulls=pulls,
        state=state,
        label=label,
        rows=[each for each in all_rows if each.state == state],
        open=still_open,
        closed=len(all_rows) - still_open,
    )


def _register_writing(pages: Blueprint, site: Site) -> None:
    @pages.post(f"{HERE}/issues")
    def create_issue(owner: str, name: str) -> Response:
        with site.state.lock:
            repository = site.repository(owner, name)
            # A browser sends a line's end as CR LF; GitHub keeps it in the text, and so do we.
            form, labels = request.form, request.form.getlist("label")
            actor = site.actor(repository, "triage" if labels else "read")
            made = open_issue(
                site.state, repository, actor, form.get("title"), form.get("body"), labels
            )
            return site.done(place(repository, made), actor.user)

    @pages.post(f"{HERE}/<any(issues, pull):kind>/<int:number>/comments")
    def create_comment(owner: str, name: str, kind: str, number: int) -> Response:
        del kind
        with site.state.lock:
            repository = site.repository(owner, name)
            issue = site.state.issue(repository, number)
            actor = site.actor(repository)
            anchor = _comment_and_state(site, repository, issue, actor)
            return site.done(place(repository, issue) + anchor, actor.user)


def _register_changing(pages: Blueprint, site: Site) -> None:
    @pages.post(f"{HERE}/<any(issues, pull):kind>/<int:number>/labels")
    @pages.post(f"{HERE}/<any(issues, pull):kind>/<int:number>/labels/<any(remove):what>")
    def change_labels(owner: str, name: str, kind: str, number: int, what: str = "add") -> Response:
        del kind
        with site.state.lock:
            repository = site.repository(owner, name)
            issue = site.state.issue(repository, number)
            actor = site.actor(repository, "triage")
            act = remove_label if what == "remove" else add_label
            act(site.state, repository, issue, actor, request.form["name"].strip())
            return site.done(place(repository, issue), actor.user)

    @pages.post(f"{HERE}/<any(issues, pull):kind>/<int:number>/assignees")
    @pages.post(f"{HERE}/<any(issues, pull):kind>/<int:number>/assignees/<any(remove):what>")
    def change_assignees(
        owner: str, name: str, kind: str, number: int, what: str = "add"
    ) -> Response:
        del kind
        with site.state.lock:
            repository = site.repository(owner, name)
            issue = site.state.issue(repository, number)
            actor, who = site.actor(repository, "triage"), site.state.user(request.form["login"])
            if what == "remove":
                unassign(site.state, repository, issue, actor, who)
            else:
                assign(site.state, repository, issue, actor, [who])
            return site.done(place(repository, issue), actor.user)

    @pages.post(f"{HERE}/<any(issues, pull):kind>/<int:number>/boxes")
    def click_box(owner: str, name: str, kind: str, number: int) -> Response:
        del kind, number
        with site.state.lock:
            repository = site.repository(owner, name)
            issue, comment = site.state.comment(repository, int(request.form["comment"]))
            mine = comment.user == site.user(repository)
            actor = site.actor(repository, "read" if mine else "write")
            body = toggled(comment.body, int(request.form["line"]))
            edit_comment(site.state, repository, issue, comment, actor, body)
            return site.done(f"{place(repository, issue)}#issuecomment-{comment.id}", actor.user)


def _comment_and_state(site: Site, repository: Repository, issue: Issue, actor: Actor) -> str:
    """Write the comment if there is text, close or reopen if asked; give the page's anchor."""
    text, also = request.form.get("body", ""), request.form.get("also", "")
    anchor = ""
    if also and actor.user != issue.user:
        site.actor(repository, "triage")
    if text.strip() or not also:
        comment = add_comment(site.state, repository, issue, actor, text)
        anchor = f"#issuecomment-{comment.id}"
    if also == "closed":
        close_issue(site.state, repository, issue, actor)
    elif also == "open":
        reopen_issue(site.state, repository, issue, actor)
    return anchor
