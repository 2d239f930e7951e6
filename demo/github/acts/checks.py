"""Check runs that Apps report on commits, and the buttons that people press on them."""

from typing import Any

from demo.github.acts.announce import announce
from demo.github.check_records import CheckRun
from demo.github.errors import Invalid, NotFound
from demo.github.present.checks import (
    check_run_json,
    check_suite_json,
    full_check_suite_json,
    suite_runs,
)
from demo.github.records import Actor, App, Repository
from demo.github.state import State

STATUSES = frozenset({"queued", "in_progress", "completed", "waiting", "requested", "pending"})
CONCLUSIONS = frozenset(
    {
        "action_required",
        "cancelled",
        "failure",
        "neutral",
        "success",
        "skipped",
        "stale",
        "timed_out",
    }
)
LONGEST_TEXT = 65_535
MOST_ANNOTATIONS = 50
MOST_ACTIONS = 3
LONGEST_IN_ACTION = {"label": 20, "description": 40, "identifier": 20}


def create_check_run(
    state: State, repository: Repository, actor: Actor, asked: dict[str, Any]
) -> CheckRun:
    """Begin a check run on a commit."""
    sha = asked["head_sha"]
    if actor.app is None or repository.git.kind(sha) != "commit":
        raise Invalid("CheckRun", "head_sha", "invalid")
    suite_id = _suite(state, repository, actor.app, sha)
    run = new_check_run(state, actor.app, asked["name"], sha, suite_id)
    _write(state, run, asked)
    repository.check_runs.append(run)
    announce_check_run(state, repository, actor, run, "created")
    return run


def new_check_run(state: State, app: App, name: str, sha: str, suite_id: int) -> CheckRun:
    """Make a check run that nobody has begun to work on."""
    return CheckRun(
        id=state.next_id(),
        suite_id=suite_id,
        app=app,
        name=name,
        head_sha=sha,
        status="queued",
        conclusion=None,
        started_at=state.now(),
        completed_at=None,
        external_id="",
        details_url="",
    )


def _suite(state: State, repository: Repository, app: App, sha: str) -> int:
    for run in repository.check_runs:
        if run.head_sha == sha and run.app.id == app.id:
            return run.suite_id
    return state.next_id()


def update_check_run(
    state: State, repository: Repository, actor: Actor, run: CheckRun, asked: dict[str, Any]
) -> None:
    """Change a check run; only the App that made it may."""
    if actor.app is None or actor.app.id != run.app.id:
        raise NotFound
    _write(state, run, asked)
    if run.status == "completed":
        announce_check_run(state, repository, actor, run, "completed")


def press_button(
    state: State, repository: Repository, actor: Actor, run: CheckRun, identifier: str
) -> None:
    """Ask the App for one of the actions that its check run offers."""
    if identifier not in {each["identifier"] for each in run.actions}:
        raise NotFound
    more = {"requested_action": {"identifier": identifier}}
    announce_check_run(state, repository, actor, run, "requested_action", more)


def rerequest(state: State, repository: Repository, actor: Actor, run: CheckRun) -> None:
    """Ask the App to run its check again."""
    announce_check_run(state, repository, actor, run, "rerequested")


def _write(state: State, run: CheckRun, asked: dict[str, Any]) -> None:
    output = asked.get("output") or {}
    _check(asked, output)
    run.name = asked.get("name", run.name)
    run.external_id = asked.get("external_id", run.external_id)
    run.details_url = asked.get("details_url", run.details_url)
    run.status = asked.get("status", run.status)
    if asked.get("conclusion"):
        run.status, run.conclusion, run.completed_at = "completed", asked["conclusion"], state.now()
    run.title = output.get("title", run.title)
    run.summary = output.get("summary", run.summary)
    run.text = output.get("text", run.text)
    run.annotations += output.get("annotations") or []
    run.actions = asked.get("actions", run.actions)


def _check(asked: dict[str, Any], output: dict[str, Any]) -> None:
    if asked.get("status", "queued") not in STATUSES:
        raise Invalid("CheckRun", "status", "invalid")
    if asked.get("conclusion") and asked["conclusion"] not in CONCLUSIONS:
        raise Invalid("CheckRun", "conclusion", "invalid")
    if asked.get("status") == "completed" and not asked.get("conclusion"):
        raise Invalid("CheckRun", "conclusion", "missing_field")
    for key in ("summary", "text"):
        if len(output.get(key) or "") > LONGEST_TEXT:
            raise Invalid("CheckRun", key, "custom", f"{key} exceeds a maximum length of 65535")
    if len(output.get("annotations") or []) > MOST_ANNOTATIONS:
        raise Invalid("CheckRun", "annotations", "custom", "no more than 50 annotations at once")
    _check_actions(asked.get("actions") or [])


def _check_actions(actions: list[dict[str, str]]) -> None:
    if len(actions) > MOST_ACTIONS:
        raise Invalid("CheckRun", "actions", "custom", "no more than 3 actions")
    for action in actions:
        for key, longest in LONGEST_IN_ACTION.items():
            if not 0 < len(action.get(key) or "") <= longest:
                raise Invalid("CheckRun", "actions", "custom", f"{key} has 1 to {longest} letters")


def announce_check_run(
    state: State,
    repository: Repository,
    actor: Actor,
    run: CheckRun,
    action: str,
    more: dict[str, Any] | None = None,
) -> None:
    """Tell the Apps of a check run, and of its suite when that ends with it.

    What is asked of the App whose check run it is, only that App hears.
    """
    shown = check_run_json(state, repository, run)
    shown["check_suite"] = check_suite_json(state, repository, run)
    details = {"action": action, "check_run": shown, **(more or {})}
    only = run.app if action in {"requested_action", "rerequested"} else None
    announce(state, repository, "check_run", actor, details, only)
    mine = suite_runs(repository, run.suite_id)
    if action == "completed" and all(each.status == "completed" for each in mine):
        suite = full_check_suite_json(state, repository, run)
        details = {"action": "completed", "check_suite": suite}
        announce(state, repository, "check_suite", actor, details)
