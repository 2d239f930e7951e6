"""Measures what suggestions came to, where no agent does it; forgets what holds no more."""

import structlog

from bot.comments.outcomes import not_measured
from jobs.agent.task import Outcome, Submission
from jobs.checkout import Base
from jobs.ending import TaskFailed
from jobs.evidence.evidence import Evidence
from jobs.job import Job
from jobs.measurement import Measurement
from jobs.repository.merge import change_between
from jobs.rounds.branch import Added
from jobs.sandbox import SandboxError
from jobs.workplace import Workplace

_log = structlog.get_logger()


def measured(job: Job, before: Base, sha: str) -> bool:
    """Measure a commit against the one below it; False where no sandbox could be had for it."""
    job.services.tasks.write(job.lease, base_sha=before.sha, base_branch=before.branch)
    measure = Measurement(job, Workplace(job, before), before.detection())
    change = change_between(before.mirror, before.sha, f"{sha}^{{tree}}")
    try:
        return bool(measure.of(change, Submission(Outcome.RESOLVED, "", "")).rows)
    except (SandboxError, TaskFailed) as error:
        # The commit stands; what is missing is said in the words of the end.
        _log.warning("round.not_measured", task=job.task.id, error=str(error))
        return False


def forget_if_moved(job: Job, base: Base, added: Added) -> None:
    """Take back what was measured if a commit lies on others' work: nobody ran that together."""
    if added.on == base.sha:
        return
    why = f"others pushed meanwhile, and the commit was laid upon {added.on[:10]}"
    evidence = Evidence((), clean=False, why_not_clean=not_measured(why))
    job.services.tasks.write(job.lease, evidence=evidence.to_json())
