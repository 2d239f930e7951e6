"""Keeps the status comment of a task true while its job works, and writes its last words."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from bot.batches import show_batch
from bot.comments import Surroundings, log_lines, status_comment
from bot.comments.failures import Failure
from bot.comments.given import newest_given
from bot.comments.packages import newest_packages
from bot.comments.selection import newest_judgement, newest_result
from bot.comments.steers import not_taken_comment
from bot.comments.views import is_draft
from bot.conversation import Conversation
from bot.dispatch import PERMISSIONS
from bot.events import label_in
from bot.github_errors import Forbidden, GitHubError, Invalid, NotFound, RateLimited, Unauthorized
from bot.github_repository import GitHubRepository
from bot.limits import granted, limits_of_task
from bot.model_settings import shown
from bot.own_word import word_for
from jobs.checks.check_run import CheckRun
from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.line import move_up
from jobs.marking import show_state
from jobs.watch import LEASE_S
from records.effects import Ambiguous
from records.task import LeaseLost, Task, TaskState
from records.waits import Wait

_BETWEEN_EDITS_S = 10.0
_YOUNG_S = 120.0
_BETWEEN_LATER_EDITS_S = 30.0
_HEARTBEAT_S = 60.0
_IN_NOBODYS_WAY_S = 2.0
_NOTHING_TO_DO = {TaskState.SUCCEEDED, TaskState.NO_CHANGE_NEEDED}
"""Ends after which nobody has to do anything but look."""

_log = structlog.get_logger()


class StatusComment:
    """The one comment of a task that is edited while it runs."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._check_run = CheckRun(job)
        self._over = threading.Event()
        self._shown: object = None
        self._shown_at = 0.0
        self._began = time.monotonic()

    @contextmanager
    def kept_up_to_date(self) -> Iterator[None]:
        """Edit it every ten seconds, where something has changed, until the block ends."""
        thread = threading.Thread(target=self._keep, name=f"status of {self._job.task.id}")
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def conclude(self, end: TaskEnd) -> None:
        """Write the outcome; raises if GitHub cannot take it now, and may later."""
        task = replace(end.of(self._read()), ended_at=time.time())
        try:
            self._say_the_end(task)
        except (NotFound, Forbidden, Invalid):
            # The issue is gone or closed to the bot: there is nowhere left to say it.
            _log.warning("status.nowhere_to_say", task=task.id, exc_info=True)
        # After the words that somebody waits for: each of these may be many edits.
        self._try(lambda: move_up(self._job.services, task, self._conversation))
        self._try(lambda: self._show_batch(task))

    def show_wait(self, wait: Wait) -> None:
        """Say what the task waits for; raises if GitHub cannot take it now, and may later."""
        task = replace(self._read(), state=TaskState.WAITING)
        try:
            self._write_for_good(task)
            self._check_run.conclude(task, self._body(task))
            self._conversation(task).react("confused")
            self._label(task.state)
        except (NotFound, Forbidden, Invalid):
            # The issue is gone or closed to the bot; the deadline ends the waiting.
            _log.warning("status.nowhere_to_ask", task=task.id, wait=wait.key, exc_info=True)

    def _say_the_end(self, task: Task) -> None:
        try:
            self._check_run.conclude(task, self._body(task))
            self._conversation(task).react("hooray" if task.state in _NOTHING_TO_DO else "confused")
            # Where another one's pull request is open, the issue has one, and nothing has failed.
            addressed = task.reason == Failure.ADDRESSED
            self._try(lambda: self._label(TaskState.SUCCEEDED if addressed else task.state))
            self._try(lambda: self._say_what_came_too_late(task))
        finally:
            # As late as can be, as the record ends soon: who reads it may ask for the next thing.
            self._write_for_good(task)

    def _say_what_came_too_late(self, task: Task) -> None:
        """Say whose words to the task it never took; of several attempts nobody knows."""
        if task.state is TaskState.STOPPED or task.wanted_attempts > 1:
            return
        heard = self._job.services.tasks.heard.of(task.id)
        authors = [one.author for one in heard if one.steers and one.taken_at is None]
        if authors:
            is_ours = task.issue_number == task.pull_request_number
            command = word_for(task, self._job.services.settings.command)
            words = not_taken_comment(command, task.id, authors, is_ours=is_ours)
            key, lease = f"not taken:{task.id}", self._job.lease
            self._conversation(task).say(key, words, since=task.created_at - 300, lease=lease)

    def _write_for_good(self, task: Task) -> None:
        # Twice: where the comment is new, it may be one that the intake wrote in the meantime.
        for _ in range(2):
            comment_id = self._write(task)
            if comment_id == task.status_comment_id:
                break
            self._job.services.tasks.set_status_comment(task.id, comment_id)
            task = replace(task, status_comment_id=comment_id)

    def _keep(self) -> None:
        """Show that a job has the task, then what it does; a failure only delays what is shown."""
        try:
            wait_s = self._try(self._show_begin)
            while not self._over.wait(wait_s):
                wait_s = max(self._pause_s(), self._try(lambda: self._show(self._read())))
        except LeaseLost:
            return

    def _show_begin(self) -> None:
        self._conversation(self._job.task).react("rocket")
        self._label(TaskState.RUNNING)
        self._show_batch(self._read())

    def _show_batch(self, task: Task) -> None:
        """Let the table of the tasks that were asked for with this one say how it stands."""
        batch_id = task.brief.get("batch")
        if batch_id:
            here = replace(self._conversation(task), comment_id=None)
            tasks = self._job.services.tasks
            show_batch(batch_id, tasks, lambda at: replace(here, number=at), ending=task)

    def _pause_s(self) -> float:
        """Return how long the comment keeps still: longer once its readers have gone away.

        GitHub allows an installation 500 writes of content an hour:
        https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
        """
        young = time.monotonic() - self._began < _YOUNG_S
        return _BETWEEN_EDITS_S if young else _BETWEEN_LATER_EDITS_S

    def _try(self, act: Callable[[], None]) -> float:
        """Do it, and return for how many seconds GitHub wants to hear nothing."""
        try:
            act()
        except (GitHubError, Ambiguous) as trouble:
            _log.info("status.not_shown", task=self._job.task.id, exc_info=True)
            if isinstance(trouble, Unauthorized):
                task = self._job.task
                self._job.services.github.forget(task.installation_id, task.repository_id)
            if isinstance(trouble, RateLimited):
                return max(0.0, trouble.until - time.time())
        return 0.0

    def _show(self, task: Task) -> None:
        """Edit the comment if it says something else now; the intake worker writes it first."""
        now = time.monotonic()
        same = task.progress == self._shown and now - self._shown_at < _HEARTBEAT_S
        if task.brief.get("quiet"):
            return  # whoever asked wants the last words, and what there is to answer
        if same or task.status_comment_id is None or task.state is not TaskState.RUNNING:
            return
        if self._repository(task).spare_in() > _IN_NOBODYS_WAY_S:
            return  # others have something to say; how far this task is stands on its page
        self._write(task)
        self._check_run.show(task, self._body(task), time.time())
        self._shown, self._shown_at = task.progress, now

    def _write(self, task: Task) -> int:
        """Write the comment, if the task is still this job's: an edit has no fence of its own."""
        services, lease = self._job.services, self._job.lease
        services.tasks.renew(lease, LEASE_S)
        return self._conversation(task).show_status(task, self._body(task), lease=lease)

    def _read(self) -> Task:
        return self._job.services.tasks.get(self._job.task.id)

    def _label(self, state: TaskState) -> None:
        task, settings = self._job.task, self._job.services.settings
        asked_by = label_in(task.semantic_key) or settings.fix_label
        repository = self._repository(task)
        verb = task.verb
        opens = not task.brief.get("no_pr")
        number = task.issue_number
        show_state(repository, number, state, asked_by=asked_by, verb=verb, opens=opens)

    def _repository(self, task: Task) -> GitHubRepository:
        return self._job.services.github.kept_repository(
            task.installation_id, task.repository_id, PERMISSIONS
        )

    def _conversation(self, task: Task) -> Conversation:
        services = self._job.services
        repository = self._repository(task)
        secret = services.settings.webhook_secret.get_secret_value().encode()
        clean = services.redactor.clean
        return Conversation.of(task, repository, services.effects, secret, clean=clean)

    def _body(self, task: Task) -> str:
        return status_comment(task, surroundings(self._job))


def surroundings(job: Job) -> Surroundings:
    """Return what a text about the task needs besides the task."""
    services, waits = job.services, job.services.tasks.waits
    actions = services.actions.all(job.task.id)
    review, choice = newest_judgement(actions)
    return Surroundings(
        now=time.time(),
        command=word_for(job.task, services.settings.command),
        limits=granted(limits_of_task(services.settings, job.task), waits.all(job.task.id)),
        task_url=services.task_url(job.task.id),
        repository_url=f"{services.settings.github_url}/{job.task.repository}",
        model=shown(services.settings.choices(), job.task.model),
        log=log_lines(actions),
        log_head=job.log.head(),
        review=review,
        choice=choice,
        given=newest_given(actions),
        result=newest_result(actions),
        draft=is_draft(actions),
        packages=newest_packages(actions),
        wait=waits.open(job.task.id),
    )
