"""Brings a pull request here: its newest commit, and what it changes as GitHub shows it."""

from dataclasses import dataclass

from bot.comments.failures import Failure
from bot.github_errors import Forbidden, Invalid, NotFound
from bot.github_reviews import OpenedPullRequest
from bot.github_threads import ChangedFile
from jobs.checkout import READ, Base
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.minted import minted
from jobs.repository.git import NotInRepository
from jobs.reviews.shown import DIFF_FILE, pull_request_block, whole_diff
from jobs.sandbox import Sandbox

_READ = {**READ, "pull_requests": "read"}


@dataclass(frozen=True)
class Pull:
    """A pull request, whose head is in the mirror."""

    opened: OpenedPullRequest
    files: tuple[ChangedFile, ...]

    @property
    def block(self) -> str:
        """What the first message shows of it."""
        return pull_request_block(self.opened, self.files)

    def put_diff(self, sandbox: Sandbox) -> None:
        """Put the whole of its change into a sandbox, as a file."""
        sandbox.write(DIFF_FILE, whole_diff(self.files))


def fetched(job: Job, base: Base) -> Pull:
    """Look at the pull request of the task's thread; TaskFailed if it is not what it was."""
    try:
        pull = _fetched(job, base)
    except (Forbidden, Invalid, NotFound) as refused:
        raise TaskFailed(Failure.SETUP_FAILED, f"GitHub says: {refused}") from refused
    except NotInRepository as missing:
        raise TaskFailed(Failure.SETUP_FAILED, missing.words) from missing
    head = pull.opened.head_sha
    job.services.tasks.write(job.lease, head_sha=head)
    job.log.event(f"fetch #{pull.opened.number}", head[:12])
    return pull


def _fetched(job: Job, base: Base) -> Pull:
    services, task = job.services, job.task
    with minted(services, task, _READ) as token:
        reviews = services.github.repository(token).reviews(task.issue_number)
        opened, files = reviews.opened(), reviews.files()
        if task.head_sha and task.head_sha != opened.head_sha:
            # What an earlier job was shown is not there any more.
            words = "New commits came while it was read. Ask again for the newest of them."
            raise TaskFailed(Failure.SETUP_FAILED, words)
        # By its name of today, as the base is fetched.
        url = f"{services.settings.github_url}/{token.repository}.git"
        base.mirror.fetch(url, opened.head_sha, token.value)
    return Pull(opened, files)
