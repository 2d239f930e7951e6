"""Check runs, check suites and commit statuses."""

from typing import Any

from demo.github.acts import checks as acts
from demo.github.check_records import CheckRun, CommitStatus
from demo.github.errors import Invalid, NotFound
from demo.github.present.checks import (
    check_run_json,
    full_check_suite_json,
    status_json,
    suite_runs,
)
from demo.github.present.repositories import repository_json, repository_url
from demo.github.rest.needs import READ_CHECKS, READ_STATUSES, WRITE_CHECKS, WRITE_STATUSES
from demo.github.routes import Answer, Call, Routes

routes = Routes()
REPOSITORY = "/repos/<owner>/<repo>"
RUN = f"{REPOSITORY}/check-runs/<int:check_run_id>"
SUITE = f"{REPOSITORY}/check-suites/<int:check_suite_id>"


def _run(call: Call) -> CheckRun:
    return call.state.check_run(call.repository, call.path["check_run_id"])


@routes.on("POST", f"{REPOSITORY}/check-runs", "checks/create", WRITE_CHECKS)
def create_check_run(call: Call) -> Answer:
    """Begin a check run."""
    call.text("CheckRun", "name")
    call.text("CheckRun", "head_sha")
    run = acts.create_check_run(call.state, call.repository, call.actor, call.body)
    return Answer(201, check_run_json(call.state, call.repository, run))


@routes.on("PATCH", RUN, "checks/update", WRITE_CHECKS)
def update_check_run(call: Call) -> Answer:
    """Change a check run."""
    acts.update_check_run(call.state, call.repository, call.actor, _run(call), call.body)
    return get_check_run(call)


@routes.on("GET", RUN, "checks/get", READ_CHECKS)
def get_check_run(call: Call) -> Answer:
    """Give a check run."""
    return Answer(200, check_run_json(call.state, call.repository, _run(call)))


@routes.on("GET", f"{RUN}/annotations", "checks/list-annotations", READ_CHECKS)
def list_annotations(call: Call) -> Answer:
    """List the annotations of a check run."""
    run = _run(call)
    usual: dict[str, Any] = {
        "start_column": None,
        "end_column": None,
        "title": None,
        "raw_details": None,
        "blob_href": f"{repository_url(call.state, call.repository)}/git/blobs/{run.head_sha}",
    }
    return Answer(200, [usual | each for each in call.page(run.annotations)])


@routes.on("GET", f"{REPOSITORY}/commits/<path:ref>/check-runs", "checks/list-for-ref", READ_CHECKS)
def list_check_runs(call: Call) -> Answer:
    """List the check runs on a commit, newest first."""
    sha = call.repository.git.resolve(call.path["ref"])
    name = call.query.get("check_name")
    found = [
        run
        for run in reversed(call.repository.check_runs)
        if run.head_sha == sha
        and name in {None, run.name}
        and call.query.get("status") in {None, run.status}
        and call.query.get("app_id") in {None, str(run.app.id)}
    ]
    return _runs(call, found)


def _runs(call: Call, found: list[CheckRun]) -> Answer:
    if call.query.get("filter", "latest") == "latest":
        newest: dict[tuple[int, str], CheckRun] = {}
        for run in found:
            newest.setdefault((run.suite_id, run.name), run)
        found = list(newest.values())
    shown = [check_run_json(call.state, call.repository, each) for each in call.page(found)]
    return Answer(200, {"total_count": len(found), "check_runs": shown})


@routes.on("POST", f"{RUN}/rerequest", "checks/rerequest-run", WRITE_CHECKS)
def rerequest_run(call: Call) -> Answer:
    """Ask the App of a check run to run it again."""
    acts.rerequest(call.state, call.repository, call.actor, _run(call))
    return Answer(201, {})


def _suite(call: Call) -> CheckRun:
    """Give the newest run of a suite: a suite is nothing but its runs here."""
    runs = suite_runs(call.repository, call.path["check_suite_id"])
    if not runs:
        raise NotFound
    return runs[-1]


def _suite_json(call: Call, run: CheckRun) -> dict[str, Any]:
    shown = full_check_suite_json(call.state, call.repository, run)
    return shown | {"repository": repository_json(call.state, call.repository)}


@routes.on("GET", SUITE, "checks/get-suite", READ_CHECKS)
def get_suite(call: Call) -> Answer:
    """Give a check suite."""
    return Answer(200, _suite_json(call, _suite(call)))


@routes.on("GET", f"{SUITE}/check-runs", "checks/list-for-suite", READ_CHECKS)
def list_runs_of_suite(call: Call) -> Answer:
    """List the check runs of a suite, newest first."""
    suite_id = _suite(call).suite_id
    return _runs(call, [e for e in reversed(call.repository.check_runs) if e.suite_id == suite_id])


@routes.on(
    "GET", f"{REPOSITORY}/commits/<path:ref>/check-suites", "checks/list-suites-for-ref",
    READ_CHECKS,
)  # fmt: skip
def list_suites(call: Call) -> Answer:
    """List the check suites on a commit."""
    sha = call.repository.git.resolve(call.path["ref"])
    suites = {
        run.suite_id: run
        for run in call.repository.check_runs
        if run.head_sha == sha and call.query.get("app_id") in {None, str(run.app.id)}
    }
    shown = [_suite_json(call, each) for each in call.page(list(suites.values()))]
    return Answer(200, {"total_count": len(suites), "check_suites": shown})


@routes.on("POST", f"{REPOSITORY}/statuses/<sha>", "repos/create-commit-status", WRITE_STATUSES)
def create_status(call: Call) -> Answer:
    """Put a status on a commit."""
    word = call.text("Status", "state")
    if word not in {"error", "failure", "pending", "success"}:
        raise Invalid("Status", "state", "invalid")
    status = CommitStatus(
        id=call.state.next_id(),
        sha=call.path["sha"],
        user=call.user,
        state=word,
        context=call.body.get("context", "default"),
        description=call.body.get("description"),
        target_url=call.body.get("target_url"),
        created_at=call.state.now(),
    )
    call.repository.statuses.append(status)
    return Answer(201, status_json(call.state, call.repository, status))


@routes.on(
    "GET",
    f"{REPOSITORY}/commits/<path:ref>/status",
    "repos/get-combined-status-for-ref",
    READ_STATUSES,
)
def get_combined_status(call: Call) -> Answer:
    """Put the newest status of each context together."""
    sha = call.repository.git.resolve(call.path["ref"])
    if sha is None:
        raise NotFound
    newest = {each.context: each for each in call.repository.statuses if each.sha == sha}
    words = {each.state for each in newest.values()}
    overall = "failure" if words & {"failure", "error"} else "pending"
    if words == {"success"}:
        overall = "success"
    shown = [status_json(call.state, call.repository, each) for each in newest.values()]
    for each in shown:
        del each["creator"]
    url = f"{repository_url(call.state, call.repository)}/commits/{sha}"
    body = {
        "state": overall,
        "statuses": shown,
        "sha": sha,
        "total_count": len(shown),
        "repository": repository_json(call.state, call.repository),
        "commit_url": url,
        "url": f"{url}/status",
    }
    return Answer(200, body)
