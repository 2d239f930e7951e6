"""Merges the base branch into the bot's pull request; where git cannot, the agent does it."""

from dataclasses import dataclass, replace
from typing import Any

from bot.comments.failures import Failure
from bot.comments.given import CONFLICTS
from bot.comments.held import held
from bot.comments.pull_request import credit
from bot.comments.rounds import (
    not_merged,
    nothing_to_merge,
    pull_request_gone,
    pushed_meanwhile,
    round_commit,
    still_marked,
    too_far_apart,
    was_merged,
)
from bot.github_errors import Conflict
from jobs.agent.task import Outcome
from jobs.checkout import Base
from jobs.checks.look_here import keep_remarks
from jobs.ending import TaskEnd, end_of, failed, stopped
from jobs.given import note_given
from jobs.handing_in import remember_words
from jobs.job import Job
from jobs.patience import patiently
from jobs.repository.merge import Merged, Unrelated, is_ancestor, merge_trees
from jobs.repository.tree import Identity, commit, write_tree
from jobs.requester import check_requester
from jobs.room import in_room
from jobs.rounds.branch import Added, Message, Moved
from jobs.rounds.place import READ, Place, at_pull_request
from jobs.rounds.reading import with_conflict
from jobs.solution import Place as Whither
from jobs.solution import Solution
from jobs.solve import solve
from jobs.waiting.approval import approval
from records.task import TaskState
from records.waits import NewWait

SIDES = "merge"
"""The kind of the entry that holds which two commits are merged."""
_MARK = b"<<<<<<< "


@dataclass(frozen=True)
class _Conflict:
    """A merge that git left undone."""

    base: Base
    """A commit of both sides, with the conflicts between marks; nobody else will see it."""
    sides: tuple[str, str]
    """The head of the pull request, and that of the branch that it is for."""
    paths: tuple[str, ...]
    into: str


def sync(job: Job) -> TaskEnd | NewWait:
    """Bring the pull request up to date; TaskFailed if GitHub does not take it."""
    begun = patiently(job, lambda: _begin(job), until=job.watch.halted)
    if isinstance(begun, TaskEnd):
        return begun
    number = job.task.pull_request_number or job.task.issue_number
    told = replace(job, give=with_conflict(number, begun.into, begun.paths))
    solution = in_room(job, lambda: solve(told, begun.base))
    return solution.ending.wait or _hand_in(job, begun, solution)


def _begin(job: Job) -> _Conflict | TaskEnd:
    """Merge as far as git can; a conflict is for the agent."""
    with at_pull_request(job, READ) as place:
        opened = place.reviews.opened()
        # Once it is pushed, what becomes of the pull request changes nothing of what was done.
        if not opened.is_open and not job.task.head_sha:
            return failed(Failure.PUSH_REJECTED, pull_request_gone())
        check_requester(place.repository, job.task)
        ours, theirs = _sides(job, place, opened.head_sha, opened.base)
        try:
            merged = merge_trees(place.mirror, ours, theirs)
        except Unrelated:
            return failed(Failure.PUSH_REJECTED, too_far_apart(opened.base))
        if merged.conflicts:
            return _conflict(job, place, (ours, theirs), merged, opened.base)
    with at_pull_request(job) as place:
        try:
            return _by_github(job, place, opened.base, (ours, theirs))
        except Conflict as moved:
            return failed(Failure.PUSH_REJECTED, pushed_meanwhile(str(moved), ""))


def _sides(job: Job, place: Place, head: str, base: str) -> tuple[str, str]:
    """Return the two commits to merge, as an earlier job found them or as they are now."""
    for kind, entry in job.log.entries():
        if kind == SIDES:
            ours, theirs = entry["sides"]
            return place.fetch(ours), place.fetch(theirs)
    sides = place.fetch(head), place.fetch(base)
    title = f"merge `{base}`"
    job.log.keep(SIDES, {"sides": list(sides), "title": title, "result": sides[1][:12]})
    return sides


def _by_github(job: Job, place: Place, base: str, sides: tuple[str, str]) -> TaskEnd:
    """Let GitHub make the merge commit, which it signs."""
    ours, theirs = sides
    trailer = f"Agent-Task: {job.task.id}"
    body = held(trailer) if place.branch.is_held_on(ours) else trailer
    message = f"Merge {base} into {place.branch.name}\n\n{body}"

    def do() -> dict[str, Any]:
        return {"sha": place.reviews.merge_base_branch(base, place.branch.name, message)}

    def look() -> dict[str, Any] | None:
        head = place.fetch(place.reviews.opened().head_sha)
        return {"sha": head} if is_ancestor(place.mirror, theirs, head) else None

    done = job.services.effects.once(
        f"task:{job.task.id}", "merge", do=do, look=look, lease=job.lease
    )
    if not done["sha"]:
        return TaskEnd(TaskState.NO_CHANGE_NEEDED, "", nothing_to_merge(base))
    job.services.tasks.write(job.lease, head_sha=done["sha"])
    job.log.event(f"merge `{base}` into `{place.branch.name}`", done["sha"][:12])
    return TaskEnd(TaskState.SUCCEEDED, "", was_merged(base, theirs, done["sha"]))


def _conflict(
    job: Job, place: Place, sides: tuple[str, str], merged: Merged, into: str
) -> _Conflict:
    """Make the commit that the agent works from: the merge, with both sides between marks."""
    nobody = Identity("merge", "merge@localhost")
    marked = commit(
        place.mirror,
        merged.tree,
        sides[0],
        merges=(sides[1],),
        message="Merge with conflicts",
        author=nobody,
        committer=nobody,
        at=job.task.created_at,
    )
    place.mirror.keep(marked)
    rules = place.fetch(place.repository.default_branch())
    base = Base(place.mirror, marked, place.branch.name, project_sha=rules, setup_sha=rules)
    job.services.tasks.write(job.lease, base_sha=marked, base_branch=base.branch)
    note_given(job, base, {CONFLICTS: len(merged.conflicts)})
    return _Conflict(base, sides, merged.conflicts, into)


def _hand_in(job: Job, begun: _Conflict, solution: Solution) -> TaskEnd | NewWait:
    remember_words(job, solution.ending.submission)
    if job.watch.halted.is_set():
        return stopped(None)  # by whom, and whether for good, is not for here to say
    end = end_of(solution)
    if solution.place is not Whither.PULL_REQUEST or solution.ending.outcome != Outcome.RESOLVED:
        return _unresolved(end)
    if marked := _marked(begun, solution):
        return failed(Failure.NO_CHANGE, still_marked(marked))
    if stands := approval(job, begun.base, solution):
        return stands
    before = begun.base.mirror.at(begun.base.sha)
    keep_remarks(job, before, solution.change, solution.policy)
    try:
        added = patiently(job, lambda: _push(job, begun, solution), until=job.watch.halted)
    except Moved as moved:
        return failed(Failure.PUSH_REJECTED, pushed_meanwhile(str(moved), ""))
    return replace(end, explanation=was_merged(begun.into, begun.sides[1], added.sha))


def _unresolved(end: TaskEnd) -> TaskEnd:
    """Return the end of a merge that was not done: half of one is nothing to keep."""
    if end.state in {TaskState.SUCCEEDED, TaskState.PARTIAL}:
        why = Failure(end.reason) if end.reason else Failure.NO_CHANGE
        return failed(why, f"{end.explanation} {not_merged()}")
    return end


def _marked(begun: _Conflict, solution: Solution) -> tuple[str, ...]:
    """Name the files that still hold both sides."""
    changed = {file.path: file.content for file in solution.change.files}
    before = begun.base.mirror.at(begun.base.sha)
    return tuple(
        path
        for path in begun.paths
        if any(
            line.startswith(_MARK)
            for line in (changed.get(path, before.content(path)) or b"").split(b"\n")
        )
    )


def _push(job: Job, begun: _Conflict, solution: Solution) -> Added:
    task = job.services.tasks.get(job.task.id)
    with at_pull_request(job) as place:
        check_requester(place.repository, task)
        tree = write_tree(place.mirror, begun.base.sha, solution.change)
        headline, body = round_commit(
            f"Merge {begun.into} into {place.branch.name}",
            "",
            issue=int(task.brief.get("issue") or task.issue_number),
            task_id=task.id,
            log_head=job.log.head(),
            credited=[credit(task.requester, task.requester_id)],
        )
        added = place.branch.add_merge(tree, begun.sides, Message(headline, body, "merge"))
        job.services.tasks.write(job.lease, head_sha=added.sha)
        job.log.event(f"push the merge to `{place.branch.name}`", added.sha[:12])
        return added
