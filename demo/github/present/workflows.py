"""Workflow runs and their jobs as GitHub's JSON."""

from typing import Any

from demo.github.check_records import WorkflowJob, WorkflowRun
from demo.github.present.checks import check_suite_json, head_commit, minimal_pull_json
from demo.github.present.people import instant, instant_or_none, node_id, user_json
from demo.github.present.repositories import repository_json, repository_page, repository_url
from demo.github.records import Repository
from demo.github.state import State

Json = dict[str, Any]


def workflow_run_json(state: State, repository: Repository, run: WorkflowRun) -> Json:
    """Write a workflow run as its newest attempt has it."""
    base = repository_url(state, repository)
    url = f"{base}/actions/runs/{run.id}"
    suite = check_suite_json(state, repository, run.latest[0].check)
    commit = head_commit(repository, run.head_sha)
    place = repository_json(state, repository)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WFR", run.id),
        "check_suite_id": run.suite_id,
        "check_suite_node_id": suite["node_id"],
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": ".github/workflows/ci.yml",
        "run_number": run.number,
        "run_attempt": run.attempt,
        "referenced_workflows": [],
        "event": run.event,
        "status": suite["status"],
        "conclusion": suite["conclusion"],
        "workflow_id": repository.id,
        "url": url,
        "html_url": f"{repository_page(state, repository)}/actions/runs/{run.id}",
        "pull_requests": [
            minimal_pull_json(state, repository, issue)
            for issue in repository.issues.values()
            if issue.pull is not None and issue.pull.head_sha == run.head_sha
        ],
        "created_at": instant(run.created_at),
        "updated_at": suite["updated_at"],
        "actor": user_json(state, run.actor),
        "triggering_actor": user_json(state, run.actor),
        "run_started_at": instant(run.latest[-1].check.started_at),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{base}/check-suites/{run.suite_id}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None,
        "workflow_url": f"{base}/actions/workflows/{repository.id}",
        "head_commit": commit,
        "repository": place,
        "head_repository": place,
        "display_title": commit["message"].split("\n")[0],
    }


def workflow_job_json(
    state: State, repository: Repository, run: WorkflowRun, job: WorkflowJob
) -> Json:
    """Write a job; its id is that of its check run."""
    base, check = repository_url(state, repository), job.check
    page = f"{repository_page(state, repository)}/actions/runs/{run.id}/job/{check.id}"
    return {
        "id": check.id,
        "run_id": run.id,
        "run_url": f"{base}/actions/runs/{run.id}",
        "run_attempt": job.attempt,
        "node_id": node_id("CR", check.id),
        "head_sha": run.head_sha,
        "head_branch": run.head_branch,
        "url": f"{base}/actions/jobs/{check.id}",
        "html_url": page,
        "status": check.status,
        "conclusion": check.conclusion,
        "created_at": instant(check.started_at),
        "started_at": instant(check.started_at),
        "completed_at": instant_or_none(check.completed_at),
        "name": check.name,
        "steps": [],
        "check_run_url": f"{base}/check-runs/{check.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "GitHub Actions 1",
        "runner_group_id": 1,
        "runner_group_name": "GitHub Actions",
        "workflow_name": run.name,
    }
