"""Check runs that Apps report on commits."""

from typing import Any

from demo.github.acts.announce import announce
from demo.github.errors import Invalid, NotFound
from demo.github.git_commit import read_commit
from demo.github.present.checks import check_run_json, check_suite_json
from demo.github.present.people import instant
from demo.github.records import Actor, CheckRun, Repository
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


def create_check_run(
    state: State, repository: Repository, actor: Actor, asked: dict[str, Any]
) -> CheckRun:
    """Begin a check run on a commit."""
    sha = asked["head_sha"]
    if actor.app is None or repository.git.kind(sha) != "commit":
        raise Invalid("CheckRun", "head_sha", "invalid")
    run = CheckRun(
        id=state.next_id(),
        suite_id=_suite(state, repository, actor, sha),
        app=actor.app,
        name=asked["name"],
        head_sha=sha,
        status="queued",
        conclusion=None,
        started_at=state.now(),
        completed_at=None,
        external_id="",
        details_url="",
    )
    _write(state, run, asked)
    repository.check_runs.append(run)
    _announce(state, repository, actor, run, "created")
    return run


def _suite(state: State, repository: Repository, actor: Actor, sha: str) -> int:
    for run in repository.check_runs:
        if run.head_sha == sha and actor.app is not None and run.app.id == actor.app.id:
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
        _announce(state, repository, actor, run, "completed")


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


def _announce(
    state: State, repository: Repository, actor: Actor, run: CheckRun, action: str
) -> None:
    shown = check_run_json(state, repository, run)
    shown["check_suite"] = check_suite_json(state, repository, run)
    announce(state, repository, "check_run", actor, {"action": action, "check_run": shown})
    mine = [each for each in repository.check_runs if each.suite_id == run.suite_id]
    if action == "completed" and all(each.status == "completed" for each in mine):
        suite = check_suite_json(state, repository, run) | {
            "latest_check_runs_count": len(mine),
            "check_runs_url": f"{shown['check_suite']['url']}/check-runs",
            "head_commit": _head_commit(repository, run.head_sha),
        }
        details = {"action": "completed", "check_suite": suite}
        announce(state, repository, "check_suite", actor, details)


def _head_commit(repository: Repository, sha: str) -> dict[str, Any]:
    commit = read_commit(repository.git, sha)
    person = {"name": commit.author.name, "email": commit.author.email}
    return {
        "id": sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": instant(commit.committer.at),
        "author": person,
        "committer": person,
    }
