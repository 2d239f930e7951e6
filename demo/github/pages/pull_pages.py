"""Pull requests: conversation, commits, checks, changed files, and what people do with them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from demo.github.acts.pulls import Merge, merge_pull, set_draft
from demo.github.errors import NotFound
from demo.github.pages.issue_pages import place
from demo.github.pages.read_issue import issue_view, linked, row
from demo.github.pages.read_pull import pull_view, reviews
from demo.github.pages.site import Site
from demo.github.records import Actor, Issue, Pull, Repository

HERE = "/<owner>/<name>/pull/<int:number>"
TEMPLATES = {
    "conversation": "github/conversation.html",
    "commits": "github/pull_commits.html",
    "checks": "github/pull_checks.html",
    "files": "github/pull_files.html",
}
Found = tuple[Repository, Issue, Pull]


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""

    @pages.get(HERE, defaults={"view": "conversation"})
    @pages.get(f"{HERE}/<any(commits, checks, files):view>")
    def pull(owner: str, name: str, number: int, view: str) -> str:
        with site.state.lock:
            return _show(site, find(site, owner, name, number), view)

    @pages.get("/<owner>/<name>/runs/<int:run_id>")
    def run(owner: str, name: str, run_id: int) -> Response:
        with site.state.lock:
            repository = site.repository(owner, name)
            sha = site.state.check_run(repository, run_id).head_sha
            for issue in repository.issues.values():
                if issue.pull is not None and issue.pull.head_sha == sha:
                    return redirect(f"{place(repository, issue)}/checks")
            return redirect(f"/{repository.full_name}/commit/{sha}")

    def act(path: str, role: str, do: Callable[[Found, Actor], str]) -> None:
        def write(owner: str, name: str, number: int, **more: Any) -> Response:
            with site.state.lock:
                found = find(site, owner, name, number)
                actor = site.actor(found[0], role)
                return site.done(place(found[0], found[1]) + do(found, actor, **more), actor.user)

        pages.add_url_rule(
            f"{HERE}/{path}", f"pull_{path.split('/', maxsplit=1)[0]}", write, methods=["POST"]
        )

    def merge(found: Found, actor: Actor) -> str:
        merge_pull(site.state, found[0], found[1], actor, Merge())
        return ""

    def ready(found: Found, actor: Actor) -> str:
        set_draft(site.state, found[0], found[1], actor, draft=False)
        return ""

    act("merge", "write", merge)
    act("ready", "write", ready)


def find(site: Site, owner: str, name: str, number: int) -> Found:
    """Find the pull request that an address names."""
    repository = site.repository(owner, name)
    issue = site.state.issue(repository, number)
    if issue.pull is None:
        raise NotFound
    return repository, issue, issue.pull


def _show(site: Site, found: Found, view: str) -> str:
    repository, issue, pull = found
    shown = pull_view(site.state, repository, pull)
    said = reviews(site.state, repository, pull)
    return site.page(
        TEMPLATES[view],
        repository,
        tab="pulls",
        view=view,
        base=place(repository, issue),
        pull=shown,
        issue=issue_view(site.state, repository, issue, (*shown.commits, *said)),
        linked=[row(repository, each) for each in linked(repository, issue)],
    )
