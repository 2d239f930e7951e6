"""Workflow runs: what ran on a commit, what its jobs printed, and running them again."""

from demo.github.acts import workflows as acts
from demo.github.check_records import WorkflowJob, WorkflowRun
from demo.github.errors import NotFound
from demo.github.present.workflows import workflow_job_json, workflow_run_json
from demo.github.rest.needs import READ_ACTIONS, WRITE_ACTIONS
from demo.github.routes import Answer, Call, Routes

routes = Routes()
ACTIONS = "/repos/<owner>/<repo>/actions"
RUN = f"{ACTIONS}/runs/<int:run_id>"
JOB = f"{ACTIONS}/jobs/<int:job_id>"


def _run(call: Call) -> WorkflowRun:
    for run in call.repository.workflow_runs:
        if run.id == call.path["run_id"]:
            return run
    raise NotFound


def _job(call: Call) -> tuple[WorkflowRun, WorkflowJob]:
    for run in call.repository.workflow_runs:
        for job in run.jobs:
            if job.check.id == call.path["job_id"]:
                return run, job
    raise NotFound


@routes.on("GET", f"{ACTIONS}/runs", "actions/list-workflow-runs-for-repo", READ_ACTIONS)
def list_runs(call: Call) -> Answer:
    """List workflow runs, newest first."""
    wanted = {"head_sha", "check_suite_id", "branch", "status"} & set(call.query)
    shown = [
        workflow_run_json(call.state, call.repository, each)
        for each in reversed(call.repository.workflow_runs)
    ]
    keys = {"branch": "head_branch"}
    found = [
        each
        for each in shown
        if all(str(each[keys.get(key, key)]) == call.query[key] for key in wanted)
    ]
    return Answer(200, {"total_count": len(found), "workflow_runs": call.page(found)})


@routes.on("GET", RUN, "actions/get-workflow-run", READ_ACTIONS)
def get_run(call: Call) -> Answer:
    """Give a workflow run."""
    return Answer(200, workflow_run_json(call.state, call.repository, _run(call)))


@routes.on("GET", f"{RUN}/jobs", "actions/list-jobs-for-workflow-run", READ_ACTIONS)
def list_jobs(call: Call) -> Answer:
    """List the jobs of the newest attempt, or of all with `filter=all`."""
    run = _run(call)
    jobs = run.jobs if call.query.get("filter") == "all" else run.latest
    shown = [workflow_job_json(call.state, call.repository, run, each) for each in call.page(jobs)]
    return Answer(200, {"total_count": len(jobs), "jobs": shown})


@routes.on("GET", JOB, "actions/get-job-for-workflow-run", READ_ACTIONS)
def get_job(call: Call) -> Answer:
    """Give a job."""
    return Answer(200, workflow_job_json(call.state, call.repository, *_job(call)))


@routes.on("GET", f"{JOB}/logs", "actions/download-job-logs-for-workflow-run", READ_ACTIONS)
def download_log(call: Call) -> Answer:
    """Say where a job's log lies: an address that needs no token and is good for a minute."""
    _, job = _job(call)
    if job.check.status != "completed":
        raise NotFound
    place = call.state.open_download(job.log.encode())
    return Answer(302, None, {"Location": f"{call.state.url}{place}"})


@routes.on("POST", f"{RUN}/rerun", "actions/re-run-workflow", WRITE_ACTIONS)
def rerun(call: Call) -> Answer:
    """Run all jobs again."""
    acts.run_again(call.state, call.repository, _run(call))
    return Answer(201, {})


@routes.on("POST", f"{RUN}/rerun-failed-jobs", "actions/re-run-workflow-failed-jobs", WRITE_ACTIONS)
def rerun_failed(call: Call) -> Answer:
    """Run the failed jobs again."""
    run = _run(call)
    acts.run_again(call.state, call.repository, run, acts.failed_jobs(run))
    return Answer(201, {})


@routes.on("POST", f"{JOB}/rerun", "actions/re-run-job-for-workflow-run", WRITE_ACTIONS)
def rerun_job(call: Call) -> Answer:
    """Run one job again."""
    run, job = _job(call)
    acts.run_again(call.state, call.repository, run, [job.check])
    return Answer(201, {})
