"""Check runs, check suites and commit statuses as GitHub's JSON."""

from typing import Any

from demo.github.check_records import CheckRun, CommitStatus
from demo.github.git_commit import read_commit
from demo.github.present.apps import app_json
from demo.github.present.people import instant, instant_or_none, node_id, user_json
from demo.github.present.repositories import repository_page, repository_url
from demo.github.records import Issue, Repository
from demo.github.state import State

Json = dict[str, Any]
WORST_FIRST = (
    "failure",
    "timed_out",
    "cancelled",
    "action_required",
    "stale",
    "success",
    "neutral",
    "skipped",
)


def minimal_pull_json(state: State, repository: Repository, issue: Issue) -> Json:
    """Write a pull request in the few words that check runs use."""
    url, pull = repository_url(state, repository), issue.pull
    place = {"id": repository.id, "url": url, "name": repository.name}
    return {
        "id": pull.id if pull else 0,
        "number": issue.number,
        "url": f"{url}/pulls/{issue.number}",
        "head": {
            "ref": pull.head_ref if pull else "",
            "sha": pull.head_sha if pull else "",
            "repo": place,
        },
        "base": {
            "ref": pull.base_ref if pull else "",
            "sha": pull.base_sha if pull else "",
            "repo": place,
        },
    }


def check_run_json(state: State, repository: Repository, run: CheckRun) -> Json:
    """Write a check run."""
    url = f"{repository_url(state, repository)}/check-runs/{run.id}"
    pulls = [
        minimal_pull_json(state, repository, issue)
        for issue in repository.issues.values()
        if issue.pull is not None and issue.pull.head_sha == run.head_sha
    ]
    page = f"{repository_page(state, repository)}/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("CR", run.id),
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": page,
        "details_url": run.details_url or page,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": instant(run.started_at),
        "completed_at": instant_or_none(run.completed_at),
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": run.suite_id},
        "app": app_json(state, run.app),
        "pull_requests": pulls,
    }


def suite_runs(repository: Repository, suite_id: int) -> list[CheckRun]:
    """Give the newest check run of each name in a suite."""
    mine = [each for each in repository.check_runs if each.suite_id == suite_id]
    return list({each.name: each for each in mine}.values())


def _conclusion(runs: list[CheckRun]) -> str:
    words = {each.conclusion for each in runs}
    return next((each for each in WORST_FIRST if each in words), "neutral")


def check_suite_json(state: State, repository: Repository, run: CheckRun) -> Json:
    """Write the suite of a check run: all runs of one App on one commit, or of one workflow."""
    mine = suite_runs(repository, run.suite_id) or [run]
    done = all(each.status == "completed" for each in mine)
    branch = next(
        (
            issue.pull.head_ref
            for issue in repository.issues.values()
            if issue.pull is not None and issue.pull.head_sha == run.head_sha
        ),
        None,
    )
    return {
        "id": run.suite_id,
        "node_id": node_id("CS", run.suite_id),
        "head_branch": branch,
        "head_sha": run.head_sha,
        "status": "completed" if done else "in_progress",
        "conclusion": _conclusion(mine) if done else None,
        "url": f"{repository_url(state, repository)}/check-suites/{run.suite_id}",
        "before": None,
        "after": run.head_sha,
        "pull_requests": check_run_json(state, repository, run)["pull_requests"],
        "app": app_json(state, run.app),
        "created_at": instant(mine[0].started_at),
        "updated_at": instant(max(each.completed_at or each.started_at for each in mine)),
    }


def head_commit(repository: Repository, sha: str) -> dict[str, Any]:
    """Write a commit in the few words that check suites use."""
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


def full_check_suite_json(state: State, repository: Repository, run: CheckRun) -> Json:
    """Write the suite of a check run as webhooks and its own address have it."""
    shown = check_suite_json(state, repository, run)
    return shown | {
        "latest_check_runs_count": len(suite_runs(repository, run.suite_id)),
        "check_runs_url": f"{shown['url']}/check-runs",
        "head_commit": head_commit(repository, run.head_sha),
    }


def status_json(state: State, repository: Repository, status: CommitStatus) -> Json:
    """Write a commit status."""
    return {
        "url": f"{repository_url(state, repository)}/statuses/{status.sha}",
        "avatar_url": f"{state.url}/static/avatars/{status.user.id}.svg",
        "id": status.id,
        "node_id": node_id("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": instant(status.created_at),
        "updated_at": instant(status.created_at),
        "creator": user_json(state, status.user),
    }
