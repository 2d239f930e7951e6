"""Hands a change in: branch, commit and draft pull request, each an effect that happens once.

Work that nobody meant to hand in gets the first two only.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.comments import Look, commit_message, pull_request_body, pull_request_title
from bot.comments.approvals import unapproved_words
from bot.comments.failures import Failure
from bot.comments.held import held
from bot.comments.labels import pull_request_labels
from bot.github_app import Token
from bot.github_errors import Conflict, Forbidden, HeadUnseen, Invalid, NoDrafts, NotFound
from bot.github_pulls import PullRequest
from bot.github_repository import GitHubRepository
from bot.project import PullRequests
from jobs.checkout import Base
from jobs.checks.hold import why_held
from jobs.checks.look_here import keep_remarks
from jobs.ending import TaskEnd, TaskFailed
from jobs.fresh import once_seen
from jobs.job import Job
from jobs.marking import mark
from jobs.minted import minted
from jobs.ready import may_be_ready, note_opened, ready_is_wanted
from jobs.repository.api_commit import fits_api
from jobs.repository.change import HostileChange
from jobs.repository.push import BranchTaken, PushAmbiguous, PushRefused, push, remote_branch
from jobs.repository.tree import Identity, commit, write_tree
from jobs.requester import check_requester
from jobs.solution import Solution
from jobs.status_comment import surroundings
from jobs.template import template_of
from jobs.title_habits import Worded
from jobs.waiting.approval import unapproved
from jobs.wording import wording
from records.effects import Ambiguous

WRITE = {"contents": "write", "pull_requests": "write", "metadata": "read"}
_SLUG = 40


def publish(job: Job, base: Base, solution: Solution, end: TaskEnd) -> PullRequest:
    """Open the draft pull request; TaskFailed if GitHub does not take it."""
    with _publication(job, base, solution, end) as publication:
        keep_remarks(job, base.mirror.at(base.sha), solution.change, solution.policy)
        return publication.open(publication.commit())


def keep_branch(job: Job, base: Base, solution: Solution, end: TaskEnd) -> None:
    """Push the change as one commit on a branch of its own; TaskFailed if it is not taken."""
    with _publication(job, base, solution, end) as publication:
        publication.commit()


@contextmanager
def _publication(
    job: Job, base: Base, solution: Solution, end: TaskEnd
) -> "Iterator[_Publication]":
    if paths := unapproved(job, base, solution.change):
        raise TaskFailed(Failure.POLICY_BLOCKED, unapproved_words(paths))
    tasks, task = job.services.tasks, job.task
    shape = base.project.pr.branch
    # A job that follows goes by the name that is on record: the project's file may have changed.
    # The branch of a pull request that another task opened is not this task's own.
    known = task.branch if (task.branch or "").endswith(task.id) else None
    branch = known or branch_name(task.issue_number, task.issue.title, task.id, shape)
    tasks.write(job.lease, branch=branch)
    job.log.event(f"push `{branch}`")
    try:
        with minted(job.services, task, WRITE) as token:
            yield _Publication(job, base, solution, end, branch, token)
    except (Conflict, Forbidden, Invalid, NotFound, PushRefused) as refused:
        raise TaskFailed(Failure.PUSH_REJECTED, f"GitHub says: {refused}") from refused
    except HostileChange as hostile:
        raise TaskFailed(Failure.POLICY_BLOCKED, hostile.reason) from hostile


def branch_name(
    issue_number: int, title: str, task_id: str, shape: str = PullRequests.branch
) -> str:
    """Return the name of a task's branch, in letters that mean nothing to a shell or to git."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    slug = words[:_SLUG].rstrip("-") or "change"
    filled = shape.replace("{issue}", str(issue_number)).replace("{slug}", slug)
    return filled.replace("{task}", task_id)


class _Publication:
    """One handing in; what is done already is found in the ledger."""

    def __init__(
        self, job: Job, base: Base, solution: Solution, end: TaskEnd, branch: str, token: Token
    ) -> None:
        self._job = job
        self._base = base
        self._solution = solution
        self._end = end
        self._branch = branch
        self._token = token
        self._task = end.of(job.services.tasks.get(job.task.id))
        self._repository: GitHubRepository = job.services.github.repository(token)
        self._by_git = False
        self._held = ""
        self._worded: Worded = str

    def commit(self) -> str:
        """Make the branch with the commit; return the commit's id."""
        check_requester(self._repository, self._task)
        self._held = why_held(self._job, self._repository, self._base)
        self._worded = wording(self._repository, self._task, self._solution.change)
        mirror, sha, change = self._base.mirror, self._base.sha, self._solution.change
        self._by_git = not fits_api(mirror, sha, write_tree(mirror, sha, change), change)
        head = self._commit_by_git() if self._by_git else self._commit_by_api()
        self._job.services.tasks.write(self._job.lease, head_sha=head)
        return head

    def open(self, head: str) -> PullRequest:
        """Open the pull request."""
        pull_request = self._open(head, signed=not self._by_git)
        self._job.services.tasks.write(
            self._job.lease,
            pull_request_number=pull_request.number,
            pull_request_url=pull_request.url,
        )
        note_opened(self._job.log, pull_request)
        labels = pull_request_labels(self._end.state, self._base.project.pr.labels)
        mark(self._job, self._repository, pull_request.number, labels)
        return pull_request

    def _message(self) -> tuple[str, str]:
        log_head, worded = self._job.log.head(), self._worded
        headline, body = commit_message(self._task, log_head=log_head, worded=worded)
        return headline, held(body) if self._held else body

    def _commit_by_api(self) -> str:
        """Make the branch at the base and commit on it; GitHub signs such a commit."""
        self._once("branch", self._make_branch, self._find_branch)
        done = self._once("commit", self._make_commit, self._find_commit)
        return str(done["sha"])

    def _make_branch(self) -> dict[str, Any]:
        try:
            self._repository.create_branch(self._branch, self._base.sha)
        except Conflict:
            if once_seen(self._find_branch) is None:
                raise
        return {"branch": self._branch}

    def _find_branch(self) -> dict[str, Any] | None:
        head = self._head()
        if head == self._base.sha or (head and self._is_ours(head)):
            return {"branch": self._branch}
        return None

    def _make_commit(self) -> dict[str, Any]:
        headline, body = self._message()
        files = self._solution.change.files
        additions = {file.path: file.content for file in files if file.content is not None}
        deletions = [file.path for file in files if file.deleted]

        def make() -> str:
            return self._repository.create_commit_on_branch(
                self._branch,
                self._base.sha,
                headline,
                body,
                additions=additions,
                deletions=deletions,
            )

        try:
            return {"sha": once_seen(make, NotFound)}
        except Conflict:
            # It may be our own commit that the branch has moved to, after an answer that was lost.
            if found := once_seen(self._find_commit):
                return found
            raise

    def _find_commit(self) -> dict[str, Any] | None:
        head = self._head()
        return {"sha": head} if head and head != self._base.sha and self._is_ours(head) else None

    def _head(self) -> str | None:
        try:
            return self._repository.branch_head(self._branch)
        except NotFound:
            return None

    def _is_ours(self, sha: str) -> bool:
        try:
            message = self._repository.commit_message(sha)
        except NotFound:
            return False
        return f"\nAgent-Task: {self._task.id}\n" in f"{message}\n"

    def _commit_by_git(self) -> str:
        """Make the commit in our own mirror and push it as a new branch."""
        done = self._once("push", self._push, self._find_push)
        return str(done["sha"])

    def _made_commit(self) -> str:
        mirror, base_sha = self._base.mirror, self._base.sha
        bot = self._job.services.github.bot(self._token)
        identity = Identity(bot.login, f"{bot.user_id}+{bot.login}@users.noreply.github.com")
        headline, body = self._message()
        return commit(
            mirror,
            write_tree(mirror, base_sha, self._solution.change),
            base_sha,
            message=f"{headline}\n\n{body}",
            author=identity,
            committer=identity,
            at=self._task.created_at,
        )

    def _push(self) -> dict[str, Any]:
        sha = self._made_commit()
        try:
            push(self._base.mirror, self._url(), sha, self._branch, self._token.value)
        except PushAmbiguous as unclear:
            raise Ambiguous(str(unclear)) from unclear
        except BranchTaken:
            if found := once_seen(self._find_push):
                return found
            raise
        return {"sha": sha}

    def _find_push(self) -> dict[str, Any] | None:
        mirror, url = self._base.mirror, self._url()
        head = remote_branch(mirror, url, self._branch, self._token.value)
        return {"sha": head} if head and self._is_ours(head) else None

    def _url(self) -> str:
        return f"{self._job.services.settings.github_url}/{self._token.repository}.git"

    def _open(self, head: str, *, signed: bool) -> PullRequest:
        def create() -> dict[str, Any]:
            try:
                return _result(once_seen(lambda: self._ask_for_review(signed=signed), HeadUnseen))
            except Conflict:
                if found := once_seen(find):
                    return found
                raise

        def find() -> dict[str, Any] | None:
            opened = self._repository.pull_request_for(self._branch)
            return _result(opened) if opened else None

        done = self._once("pull_request", create, find)
        # As the ledger has it: a list of GitHub's may not show it yet.
        return PullRequest(done["number"], done["url"], "open", head, done.get("draft", True))

    def _ask_for_review(self, *, signed: bool) -> PullRequest:
        task = self._end.of(self._job.services.tasks.get(self._task.id))
        looks = [Look(one.path, one.why) for one in self._solution.policy.warned]
        looks += [Look("", fault) for fault in self._solution.faults]
        around = replace(
            surroundings(self._job),
            looks=tuple(looks),
            signed=signed,
            closes=self._base.project.pr.close_keyword == "verified",
            held=self._held,
            template=template_of(self._base),
            ready=ready_is_wanted(task, self._base.project),
        )
        clean = self._job.services.redactor.clean

        def ask(*, draft: bool) -> PullRequest:
            return self._repository.create_pull_request(
                title=clean(pull_request_title(task, self._worded)),
                body=clean(pull_request_body(task, replace(around, draft=draft))),
                head=self._branch,
                base=self._base.branch,
                draft=draft,
            )

        try:
            return ask(draft=not (around.ready and may_be_ready(task)))
        except NoDrafts:
            return ask(draft=False)

    def _once(self, key: str, do: Any, look: Any) -> dict[str, Any]:
        scope = f"task:{self._task.id}"
        done: dict[str, Any] = self._job.services.effects.once(
            scope, key, do=do, look=look, lease=self._job.lease
        )
        return done


def _result(opened: PullRequest) -> dict[str, Any]:
    return {"number": opened.number, "url": opened.url, "draft": opened.draft}
