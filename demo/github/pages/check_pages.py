"""Checks as people meet them: the buttons of a check, and a workflow that ends as somebody says."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from demo.github.acts.checks import press_button
from demo.github.acts.workflows import JobEnd, finish_job, start_run
from demo.github.errors import GitHubError
from demo.github.pages.issue_pages import place
from demo.github.pages.pull_pages import HERE, find
from demo.github.pages.site import Site

JOB = "test"


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""

    @pages.post(f"{HERE}/checks/<int:run_id>/actions/<identifier>")
    def press(owner: str, name: str, number: int, run_id: int, identifier: str) -> Response:
        with site.state.lock:
            repository, issue, _ = find(site, owner, name, number)
            actor = site.actor(repository, "write")
            run = site.state.check_run(repository, run_id)
            press_button(site.state, repository, actor, run, identifier)
            return site.done(f"{place(repository, issue)}/checks", actor.user)

    @pages.post(f"{HERE}/workflows")
    def run_workflow(owner: str, name: str, number: int) -> Response:
        with site.state.lock:
            repository, issue, pull = find(site, owner, name, number)
            actor = site.actor(repository, "write")
            run = start_run(site.state, repository, pull.head_ref, "CI", [JOB])
            if run is None:
                raise GitHubError(422, "The newest commit asks that no workflow runs on it.")
            end = JobEnd(request.form["conclusion"], request.form.get("log", ""))
            finish_job(site.state, repository, run, JOB, end)
            return site.done(f"{place(repository, issue)}/checks", actor.user)
