"""Ends a job whose task waits for people: the words first, then lease and worker are given back."""

from dataclasses import replace

import structlog

from bot.github_errors import GitHubError
from jobs.job import Job
from jobs.patience import patiently
from jobs.status_comment import StatusComment
from records.effects import Ambiguous
from records.waits import NewWait

_log = structlog.get_logger()


def rest(job: Job, status: StatusComment, wanted: NewWait) -> None:
    """Write down what is asked, show it on the issue, and let the task wait.

    From the first line on it can be answered; where that happens before the last, the task is
    queued and not left waiting.
    """
    tasks, clean = job.services.tasks, job.services.redactor.clean_value
    wait = tasks.waits.ask(job.lease, replace(wanted, asked=clean(wanted.asked)))
    if wait.is_open:
        try:
            patiently(job, lambda: status.show_wait(wait), until=job.watch.leaving)
        except (GitHubError, Ambiguous):
            if job.watch.leaving.is_set():
                tasks.release(job.lease)  # whoever takes it next comes to the same question
                return
            # It stands on the task's page, and the deadline passes there too.
            _log.warning("task.wait_not_shown", task=job.task.id, exc_info=True)
    state = tasks.waits.rest(job.lease)
    _log.info("task.rests", task=job.task.id, kind=wait.kind.value, state=state.value)
