"""Finds which suggestions of a round are carried out: those that fit and that may be."""

from jobs.harvest import secrets_of
from jobs.job import Job
from jobs.repository import policy
from jobs.repository.change import Change, FileMode
from jobs.repository.mirror import Mirror
from jobs.repository.policy import PolicyReport
from jobs.rounds.place import Place
from jobs.rounds.round import Round
from jobs.rounds.suggestions import Applied, Read, apply_suggestions
from jobs.waiting.approval import paths_to_approve


def suggestions_of(
    job: Job, place: Place, taken: Round
) -> tuple[Change, tuple[Applied, ...], PolicyReport]:
    """Return the change that a round's suggestions come to, whose they are, and what to look at."""
    threads, snapshot = taken.threads, place.mirror.at(taken.head_sha)
    read = reader(place.mirror, taken.head_sha)
    change, applied = apply_suggestions(threads, read)
    base = place.base(taken.head_sha)
    rules = base.path_rules(job.task)
    report = policy.review(change, snapshot, live_secrets=secrets_of(job), rules=rules)
    # What the policy stops goes to the agent with the rest, which will say why it cannot; what a
    # maintainer has to approve is approved with the agent's part.
    blocked = {one.path for one in report.blocked} | set(paths_to_approve(base, change))
    if not blocked:
        return change, applied, report
    if "" in blocked:
        return Change(), (), report
    left = tuple(one for one in threads if one.path not in blocked)
    return (*apply_suggestions(left, read), report)


def reader(mirror: Mirror, sha: str) -> Read:
    """Return what reads regular files of a commit, with their modes."""

    def read(path: str) -> tuple[FileMode, bytes] | None:
        listed = mirror.read(["ls-tree", "-z", sha, "--", path]).split(b" ")[0].decode()
        content = mirror.at(sha).content(path)
        if content is None or listed not in set(FileMode):
            return None
        return FileMode(listed), content

    return read
