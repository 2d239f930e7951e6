"""Takes a round: the unresolved threads of those who are heard here, as they stand now."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bot.github_errors import NotFound
from bot.github_repository import GitHubRepository
from bot.github_reviews import OpenedPullRequest, ReviewThread, ThreadComment
from bot.other_bots import MOST_ROUNDS, ROUND, rounds_of
from jobs.job import Job
from jobs.requester import who_may
from jobs.rounds.round import Round, RoundThread, Said, Words

_MOST_THREADS = 40
"""In one round; what is left is taken by the next."""
_WRITERS = {"admin", "write"}


@dataclass(frozen=True)
class Listener:
    """Who is heard in the threads of one repository."""

    bot_id: int
    may_write: Callable[[str, int], bool]
    """Asked with a login and the account's id."""
    clean: Callable[[str], str] = str
    """Takes secrets out of what is heard."""
    bots: Collection[str] = ()
    """Logins of other bots that are heard as well."""

    @classmethod
    def of(
        cls,
        repository: GitHubRepository,
        clean: Callable[[str], str],
        bots: Collection[str] = (),
    ) -> "Listener":
        """Hear those who may write, and ask GitHub about each once; and these bots."""

        @cache
        def may_write(login: str, user_id: int) -> bool:
            try:
                found = repository.permission(login)
            except NotFound:
                return False
            # A login can be given up and taken by somebody else; the id of an account stays.
            return found.level in _WRITERS and found.user_id == user_id != 0

        return cls(repository.bot_id, may_write, clean, bots)


def round_of(job: Job, repository: GitHubRepository, number: int) -> Round:
    """Return the round of this task: as an earlier job took it, or as it is now."""
    for kind, entry in job.log.entries():
        if kind == ROUND:
            return Round.from_json(entry["round"])
    reviews = repository.reviews(number)
    opened, threads = reviews.opened(), reviews.unresolved()
    bots = heard_bots(job, repository, number)
    listener = Listener.of(repository, job.services.redactor.clean, bots)
    taken = take(threads, opened, listener, job.task.brief)
    job.log.keep(ROUND, _entry(taken))
    return taken


def heard_bots(job: Job, repository: GitHubRepository, number: int) -> tuple[str, ...]:
    """Name the bots that the repository listens to and that were not heard here often enough."""
    task, tasks = job.task, job.services.tasks

    def rounds(login: str) -> int:
        return rounds_of(login, tasks, task.repository_id, number, beside=task.id)

    listed = who_may(repository, task).bots
    return tuple(login for login in listed if rounds(login) < MOST_ROUNDS)


def take(
    threads: Iterable[ReviewThread],
    opened: OpenedPullRequest,
    listener: Listener,
    brief: Mapping[str, Any],
) -> Round:
    """Sort the threads: to be taken, of strangers, or with nothing new since the bot's answer."""
    taken: list[RoundThread] = []
    strangers = answered = 0
    for thread in threads:
        said = tuple(_said(one, listener) for one in thread.comments if _heard(one, listener))
        opener = thread.comments[0] if thread.comments else None
        if opener is None or not said or not _heard(opener, listener):
            strangers += 1
        elif said[-1].is_ours:
            answered += 1
        elif len(taken) < _MOST_THREADS:
            taken.append(_thread(thread, len(taken) + 1, said, listener))
    words = tuple(Words(**one) for one in brief.get("words", ()))
    return Round(
        number=int(brief.get("round", 1)),
        head_sha=opened.head_sha,
        threads=tuple(taken),
        words=words,
        strangers=strangers,
        answered=answered,
    )


def _heard(comment: ThreadComment, listener: Listener) -> bool:
    if comment.author_id == listener.bot_id:
        return True
    if comment.is_bot:
        return comment.author in listener.bots
    return listener.may_write(comment.author, comment.author_id)


def _said(comment: ThreadComment, listener: Listener) -> Said:
    text = listener.clean(comment.body)
    return Said(
        comment_id=comment.id,
        author=comment.author,
        author_id=comment.author_id,
        text=text,
        is_ours=comment.author_id == listener.bot_id,
        whole=text == comment.body,
    )


def _thread(
    thread: ReviewThread, number: int, said: tuple[Said, ...], listener: Listener
) -> RoundThread:
    opener = thread.comments[0]
    taken = RoundThread(
        number=number,
        id=thread.id,
        comment_id=opener.id,
        path=thread.path,
        start_line=0,
        line=0,
        hunk=listener.clean(opener.hunk),
        said=said,
        url=opener.url,
    )
    if thread.outdated or thread.line is None or not thread.on_new_side:
        return taken
    return replace(taken, start_line=thread.start_line or thread.line, line=thread.line)


def _entry(taken: Round) -> dict[str, Any]:
    left = taken.strangers + taken.answered
    return {
        "round": taken.as_json(),
        "title": f"take round {taken.number} of the review",
        "result": f"{len(taken.threads)} open threads" + (f", {left} left alone" if left else ""),
    }
