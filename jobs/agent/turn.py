"""Carries out the calls of one reply, so that every one of them gets exactly one answer."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import takewhile

from jobs.agent import attention, endings, guidance, limits
from jobs.agent.abilities import Unavailable
from jobs.agent.calls import Misread, Request
from jobs.agent.closing import Closing
from jobs.agent.entries import Entry
from jobs.agent.explore import explore
from jobs.agent.hands import Done, Status, Terms, carry_out, digest
from jobs.agent.order import ASKED_ALREADY, ENOUGH_PACKAGES, Asked, Planned, plan
from jobs.agent.people import question_of
from jobs.agent.ports import TurnDone
from jobs.agent.steps import Print
from jobs.agent.task import Ending, GateResult, Outcome, Submission
from jobs.agent.titles import code, title
from jobs.agent.tools import (
    APPLY_PATCH,
    ASK_FOR_PACKAGES,
    ASK_PEOPLE,
    BASH,
    EDIT,
    EXPLORE,
    GITHUB_CONTEXT,
    SUBMIT,
    UPDATE_PLAN,
    WRITE,
)
from jobs.agent.untrusted import in_its_own_voice
from jobs.agent.work import Work
from jobs.evidence.check import DeclaredCheck
from jobs.model.arguments import is_sound

_TOUCHING = (BASH, EDIT, WRITE, APPLY_PATCH)
_OFTEN_ENOUGH = {ASK_PEOPLE: ASKED_ALREADY, ASK_FOR_PACKAGES: ENOUGH_PACKAGES}


_INTERRUPTED = (
    "Interrupted: the worker went away while this ran, so it may or may not have happened. It was "
    "not run again."
)


def act(work: Work, asked: Sequence[Asked]) -> Ending | None:
    """Carry out the calls of a reply, one after the other; say so if the work ends with them."""
    planned = plan(asked)
    touched = False
    explored: dict[str, Done] = {}
    for at, one in enumerate(planned, 1):
        started_at = time.time()
        if one.question and one.asked.call.id not in explored and not work.stopped.is_set():
            explored |= _explored(work, planned[at - 1 :])
        if work.stopped.is_set():
            return endings.stopped(work.talk)
        if wait := question_of(work, one.asked.call, one.asked.meaning, one.refusal):
            work.keep(TurnDone(work.talk.turns, touched))
            return endings.waiting(work.talk, wait)
        done, ending = explored.get(one.asked.call.id), None
        if done is None:
            done, ending = _answer(work, one)
        observe(work, one.asked, done, started_at=started_at, last=at == len(planned))
        touched = touched or (done.status != Status.SKIPPED and one.asked.tool in _TOUCHING)
        if ending:
            return ending
    work.talk.end_turn()
    work.keep(TurnDone(work.talk.turns, touched))
    return None


def _explored(work: Work, planned: Sequence[Planned]) -> dict[str, Done]:
    """Answer the questions at the head of `planned` side by side, by the ids of their calls."""
    asking = list(takewhile(lambda one: one.question, planned))
    if work.abilities.helper is None:
        raise ValueError(EXPLORE)
    answers = explore(work, work.abilities.helper, [one.question for one in asking])
    return {one.asked.call.id: done for one, done in zip(asking, answers, strict=True)}


def answer_interrupted(work: Work, asked: Iterator[Asked]) -> None:
    """Answer the calls that an earlier job left without an answer; nothing is run again."""
    for one in asked:
        name = title(one.meaning) if isinstance(one.meaning, Request) else one.tool
        done = Done(name, "interrupted", _INTERRUPTED, Status.SKIPPED)
        observe(work, one, done, started_at=time.time(), last=False)


def observe(work: Work, asked: Asked, done: Done, *, started_at: float, last: bool) -> None:
    """Write down the answer to a call, with whatever we have to say under it."""
    call, talk = asked.call, work.talk
    marks = (digest(f"{asked.tool}\n{call.arguments}"), done.digest or digest(done.text))
    step = Print(*marks, failed=done.status != Status.OK, tool=asked.tool)
    said, notes = attention.suffix(talk, step, done.status, work.task, work.budget, last=last)
    pinned, given = _instructions(work, asked, done)
    text = done.text + pinned + said
    entry: Entry = {
        "items": [work.wire.result(call, text)],
        "call_id": call.id,
        "name": asked.tool,
        "title": done.title,
        "result": done.result,
        "text": text,
        "seconds": done.seconds,
        "started_at": started_at,
        "step": talk.step_count + 1,
        "status": done.status.value,
        "mended": not (call.custom or is_sound(call.arguments)),
        "log": done.log,
        "limits": done.limits,
        "print": marks,
        "pinned": pinned,
        "notes": [*notes, *given],
    }
    work.note("observation", entry)


def _instructions(work: Work, asked: Asked, done: Done) -> tuple[str, list[str]]:
    """Return what stays under a result: what people said, or the project's instructions.

    The latter for where the call has come to, if they are new.
    """
    if done.pinned:
        return done.pinned, [asked.tool, f"{asked.tool}:{asked.call.id}"]
    if done.status != Status.OK or not isinstance(asked.meaning, Request):
        return "", []
    talk = work.talk
    return guidance.for_folders_of(asked.meaning, work.task, talk.notes, talk.pinned_bytes)


def _answer(work: Work, planned: Planned) -> tuple[Done, Ending | None]:
    meaning = planned.asked.meaning
    if isinstance(meaning, Misread):
        return Done(
            f"call {code(meaning.name)}", "not understood", str(meaning), Status.MISREAD
        ), None
    refusal = planned.refusal or _OFTEN_ENOUGH.get(meaning.tool, "")
    if refusal:
        return Done(title(meaning), "not executed", refusal, Status.SKIPPED), None
    if meaning.tool == UPDATE_PLAN:
        return _plan(work, meaning), None
    if meaning.tool == SUBMIT:
        return _submit(work, meaning)
    if meaning.tool == GITHUB_CONTEXT:
        return _github(work, meaning), None
    return carry_out(meaning, work.sandbox, _terms(work)), None


def _terms(work: Work) -> Terms:
    return Terms(work.seconds_left, work.budget.command_s, work.task.checks)


def _plan(work: Work, request: Request) -> Done:
    steps = request.arguments["plan"]
    work.note("plan", {"plan": steps})
    return Done(title(request), "noted", "The plan is noted.", Status.OK)


def _github(work: Work, request: Request) -> Done:
    """Fetch what other people wrote on GitHub, so often and no more."""
    name, began = title(request), time.monotonic()
    if work.abilities.github is None:
        raise ValueError(GITHUB_CONTEXT)
    if work.talk.github_looks >= limits.GITHUB_PER_TASK:
        words = f"Not executed: a task may look {limits.GITHUB_PER_TASK} times."
        return Done(name, "not executed", words, Status.SKIPPED)
    try:
        text = work.abilities.github(request.arguments["kind"], request.arguments["ref"])
    except Unavailable as error:
        seconds = time.monotonic() - began
        return Done(name, "not found", f"{error}", Status.FAILED, seconds, digest(str(error)))
    result, seconds = f"{len(text):,} characters", time.monotonic() - began
    return Done(name, result, text, Status.OK, seconds, digest(text))


def _submit(work: Work, request: Request) -> tuple[Done, Ending | None]:
    if isinstance(work.gate, Closing):
        return _close(work, work.gate, request)
    submission = _submission(request, work.talk.rounds + 1)
    began = time.monotonic()
    result = work.gate(submission)
    seconds = time.monotonic() - began
    for kind, entry in result.noted:
        work.note(kind, entry)
    last = submission.round >= limits.GATE_ROUNDS and not result.extra
    if last and not result.accepted:
        result = replace(result, accepted=True, outcome=_at_most_partial(submission.outcome))
    outcome = result.outcome or submission.outcome
    work.note("gate", _gate_entry(submission, result, outcome))
    words = "accepted" if result.accepted else f"review {submission.round}"
    # The diff and the last words of tests are in it, which come from the project's own code.
    text = in_its_own_voice(result.text)
    done = Done(title(request), words, text, Status.OK, seconds)
    ending = endings.accepted(outcome, submission, work.talk.checks) if result.accepted else None
    return done, ending


def _close(work: Work, closing: Closing, request: Request) -> tuple[Done, Ending | None]:
    """Take what is handed in instead of a change, or say what is wrong with it."""
    number = work.talk.rounds + 1
    problems = closing.check(request.arguments)
    accepted = not problems or number >= limits.GATE_ROUNDS
    entry: Entry = {
        "round": number,
        "accepted": accepted,
        "problems": list(problems),
        "content": request.arguments,
    }
    kept = work.note("handed_in", entry)
    if accepted:
        done = Done(title(request), "accepted", "Accepted.", Status.OK)
        return done, endings.handed_in(kept["content"])
    listed = "\n".join(f"- {problem}" for problem in problems)
    words = f"Not taken yet. Mend this and call {SUBMIT} again:\n{in_its_own_voice(listed)}"
    return Done(title(request), f"look again: {len(problems)}", words, Status.OK), None


def _submission(request: Request, number: int) -> Submission:
    given = request.arguments
    return Submission(
        outcome=Outcome(given["outcome"]),
        summary=given["summary"],
        title=given["title"],
        checks=tuple(DeclaredCheck(**check) for check in given["checks"]),
        unverified=given["unverified"],
        round=number,
    )


def _gate_entry(submission: Submission, result: GateResult, outcome: Outcome) -> Entry:
    return {
        "round": submission.round,
        "accepted": result.accepted,
        "outcome": outcome.value,
        "rows": [asdict(row) for row in result.rows],
        "submission": submission.as_json(),
    }


def _at_most_partial(outcome: Outcome) -> Outcome:
    return Outcome.PARTIAL if outcome == Outcome.RESOLVED else outcome
