"""Adds a commit to a branch that is there already: on top of what is there, never in its place.

Whoever else pushes to the branch meanwhile keeps what they pushed. The commit is laid on top of
it where git can do that alone, and is kept on a branch of its own where it cannot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.comments.held import held, is_held
from bot.github_app import Token
from bot.github_errors import Conflict
from bot.github_repository import GitHubRepository
from jobs.checks.hold import why_held
from jobs.fresh import once_seen
from jobs.job import Job
from jobs.repository.api_commit import fits_api
from jobs.repository.change import Change
from jobs.repository.merge import Merged, change_between, merge_trees
from jobs.repository.mirror import Mirror
from jobs.repository.push import BranchTaken, PushAmbiguous, advance, remote_branch
from jobs.repository.snapshot import read_objects
from jobs.repository.tree import Identity, commit, write_tree
from records.effects import Ambiguous

_TRIES = 3
"""Of laying a commit on top of what others push in between."""
_LOOKED_BACK = 20
"""Commits below the head among which our own is looked for, after an answer that was lost."""


class Moved(Exception):
    """Somebody pushed what a commit of ours cannot be laid upon without their doing."""


@dataclass(frozen=True)
class Message:
    """What a commit says: a headline, and a body that ends in trailers."""

    headline: str
    body: str
    step: str
    """What tells this commit of the task from its others."""

    @property
    def trailer(self) -> str:
        """Return the line by which the commit is known."""
        return f"Agent-Step: {self.step}"

    def text(self, *, is_held: bool) -> str:
        """Return what stands below the headline."""
        text = f"{self.body}\n{self.trailer}"
        return held(text) if is_held else text


@dataclass(frozen=True)
class Added:
    """The commit that a change became."""

    sha: str
    signed: bool
    """Whether GitHub signed it."""
    on: str
    """The commit that it was laid upon."""


class Branch:
    """A branch of the bot's, with the token that may write to it."""

    def __init__(self, job: Job, mirror: Mirror, token: Token, name: str) -> None:
        self._job = job
        self._mirror = mirror
        self._token = token
        self.name = name
        self._repository: GitHubRepository = job.services.github.repository(token)

    def add(self, change: Change, on: str, message: Message) -> Added:
        """Commit a change that was made on `on`, once; Moved if others' work is in its way."""

        def do() -> dict[str, Any]:
            return vars(self._add(change, on, message))

        def look() -> dict[str, Any] | None:
            found = self._ours(message)
            return vars(found) if found else None

        return Added(**self._once(f"commit:{message.step}", do, look))

    def add_merge(self, tree: str, parents: tuple[str, str], message: Message) -> Added:
        """Commit a tree with two parents, once; Moved if the branch is not at the first any more.

        GitHub makes no such commit over its API, so it goes by git and is not signed.
        """

        def do() -> dict[str, Any]:
            return vars(self._by_git(tree, parents, message))

        def look() -> dict[str, Any] | None:
            found = self._ours(message)
            return vars(found) if found else None

        try:
            return Added(**self._once(f"commit:{message.step}", do, look))
        except Conflict as moved:
            raise Moved(str(moved)) from moved

    def _add(self, change: Change, on: str, message: Message) -> Added:
        for _ in range(_TRIES):
            try:
                return self._commit(change, on, message)
            except Conflict:
                # It may be our own commit that it has moved to, after an answer that was lost.
                if found := once_seen(lambda: self._ours(message), pauses_s=(0.0, 1.0)):
                    return found
                change, on = self._on_top(change, on)
        raise Moved("others push to the branch all the time")

    def _commit(self, change: Change, on: str, message: Message) -> Added:
        tree = write_tree(self._mirror, on, change)
        if not fits_api(self._mirror, on, tree, change):
            return self._by_git(tree, (on,), message)
        files = change.files
        sha = self._repository.create_commit_on_branch(
            self.name,
            on,
            message.headline,
            message.text(is_held=self.is_held_on(on)),
            additions={one.path: one.content for one in files if one.content is not None},
            deletions=[one.path for one in files if one.deleted],
        )
        return Added(sha, signed=True, on=on)

    def _by_git(self, tree: str, parents: tuple[str, ...], message: Message) -> Added:
        bot = self._job.services.github.bot(self._token)
        identity = Identity(bot.login, f"{bot.user_id}+{bot.login}@users.noreply.github.com")
        text = message.text(is_held=self.is_held_on(parents[0]))
        sha = commit(
            self._mirror,
            tree,
            parents[0],
            merges=parents[1:],
            message=f"{message.headline}\n\n{text}",
            author=identity,
            committer=identity,
            at=self._job.task.created_at,
        )
        try:
            advance(self._mirror, self.url, sha, self.name, parents[0], self._token.value)
        except PushAmbiguous as unclear:
            raise Ambiguous(str(unclear)) from unclear
        except BranchTaken as moved:
            raise Conflict(str(moved)) from moved
        return Added(sha, signed=False, on=parents[0])

    def _on_top(self, change: Change, on: str) -> tuple[Change, str]:
        """Bring a change from the commit that it was made on to where the branch is now.

        What others made of that commit counts as one change of it, whatever way they came there:
        what they took off the branch by force stays off.
        """
        head = once_seen(lambda: self._head_beyond(on), pauses_s=(0.0, 1.0, 3.0))
        if head is None:
            raise Conflict("the branch is gone, or GitHub does not show where it is")
        self._mirror.fetch(self.url, head, self._token.value)
        bot = Identity("merge", "merge@localhost")

        def on_it(tree: str, whose: str) -> str:
            return commit(self._mirror, tree, on, message=whose, author=bot, committer=bot, at=0.0)

        made = on_it(write_tree(self._mirror, on, change), "Ours")
        theirs = on_it(f"{head}^{{tree}}", "Theirs")
        match merge_trees(self._mirror, theirs, made):
            case Merged(merged, conflicts) if not conflicts:
                return change_between(self._mirror, head, merged), head
            case Merged(_, conflicts):
                raise Moved(f"somebody has pushed other changes to {', '.join(conflicts[:5])}")

    def _head_beyond(self, on: str) -> str | None:
        head = self._head()
        return head if head != on else None

    def _head(self) -> str | None:
        return remote_branch(self._mirror, self.url, self.name, self._token.value)

    def _ours(self, message: Message) -> Added | None:
        """Find the commit at the head of the branch, or below what others pushed since."""
        head = self._head()
        if head is None:
            return None
        self._mirror.fetch(self.url, head, self._token.value)
        task_line = f"Agent-Task: {self._job.task.id}"
        for found in _down_from(self._mirror, head):
            said = f"\n{found.message}\n"
            if all(f"\n{line}\n" in said for line in (task_line, message.trailer)):
                return Added(found.sha, signed=found.signed, on=found.parent)
        return None

    def is_held_on(self, on: str) -> bool:
        """Say whether the repository's checks may not run on what is added to a commit.

        What nobody has let run so far is not let run by a commit on top of it.
        """
        return self._is_held or is_held(self._repository.commit_message(on))

    @cached_property
    def _is_held(self) -> bool:
        return bool(why_held(self._job, self._repository))

    @property
    def url(self) -> str:
        """Where git finds the repository, by its name of today."""
        return f"{self._job.services.settings.github_url}/{self._token.repository}.git"

    def _once(self, key: str, do: Any, look: Any) -> dict[str, Any]:
        job = self._job
        done: dict[str, Any] = job.services.effects.once(
            f"task:{job.task.id}", key, do=do, look=look, lease=job.lease
        )
        return done


@dataclass(frozen=True)
class _Commit:
    sha: str
    parent: str
    message: str
    signed: bool


def _down_from(mirror: Mirror, head: str) -> Iterator[_Commit]:
    """Yield a commit and those below it, along first parents."""
    args = ["rev-list", "--first-parent", f"--max-count={_LOOKED_BACK}", head, "--"]
    shas = mirror.read(args).decode().split()
    raw = read_objects(mirror.read, shas)
    for sha in shas:
        header, _, message = raw[sha].decode("utf-8", "replace").partition("\n\n")
        parents = [line.split(" ")[1] for line in header.split("\n") if line.startswith("parent ")]
        yield _Commit(sha, parents[0] if parents else "", message, "\ngpgsig" in header)
