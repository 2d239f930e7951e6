"""Runs the only loop: the model speaks, its calls are carried out, and it reads what came of it."""

import threading
import time
from typing import assert_never

from jobs.agent import attention, endings, limits, recap, room
from jobs.agent.abilities import NOTHING, Abilities
from jobs.agent.calls import Misread, Request, understand
from jobs.agent.closing import Closing
from jobs.agent.conversation import Conversation
from jobs.agent.entries import reply_entry
from jobs.agent.order import Asked
from jobs.agent.ports import GatePort, KeepPort, LogPort, SandboxPort, TurnDone
from jobs.agent.prompt import first_message
from jobs.agent.resting import take_answers, tell
from jobs.agent.task import AgentTask, Budget, Ending
from jobs.agent.titles import title
from jobs.agent.turn import act, answer_interrupted
from jobs.agent.untrusted import VOICE
from jobs.agent.work import Work
from jobs.model.wire import Call, ModelError, ModelErrorKind, Reply, Stop, Wire
from jobs.sandbox import SandboxLost

RESUMED = (
    f"{VOICE} The work was interrupted and goes on in a new sandbox. The repository is "
    "as it was last saved, which may be before your last steps; everything outside it, running "
    "processes too, is gone. Look at `git status` and `git diff` before you go on."
)


def run(
    task: AgentTask,
    sandbox: SandboxPort,
    wire: Wire,
    log: LogPort,
    budget: Budget,
    stopped: threading.Event,
    gate: GatePort | Closing,
    *,
    keep: KeepPort | None = None,
    resumed: str = RESUMED,
    abilities: Abilities = NOTHING,
) -> Ending:
    """Work on `task` until it ends, from wherever the log says that it stands."""
    talk, keep = Conversation(wire, budget.prices), keep or _keep_nothing
    work = Work(task, sandbox, wire, log, budget, stopped, gate, keep, talk, abilities)
    try:
        return _begin(work, resumed) or _go_on(work)
    except SandboxLost as error:
        if stopped.is_set():
            return endings.stopped(talk)
        return endings.sandbox_lost(talk, error)


def _begin(work: Work, resumed: str) -> Ending | None:
    talk = work.talk
    for kind, entry in work.log.entries():
        talk.apply(kind, entry)
    if not talk.items:
        work.say(first_message(work.task))
        return None
    if talk.accepted and talk.submission:
        return endings.accepted(talk.accepted, talk.submission, talk.checks)
    if _reopened(work):
        return None
    if talk.handed_in is not None:
        return endings.handed_in(talk.handed_in)
    answer = take_answers(work, [_asked(work, call) for call in talk.pending.values()])
    if isinstance(answer, Ending):
        return answer
    left = [_asked(work, call) for call in talk.pending.values()]
    answer_interrupted(work, iter(left))
    talk.end_turn()
    if left or not answer:
        work.say(resumed)
    return None


def _reopened(work: Work) -> bool:
    """Say what people said of what was handed in, each once; False if there is nothing new."""
    again = work.closing.again if work.closing else ()
    unsaid = [one for one in again if one.note not in work.talk.notes]
    for one in unsaid:
        work.say(one.words, one.note, stays=True, reopens=True)
    return bool(unsaid)


def _go_on(work: Work) -> Ending:
    while True:
        _listen(work)
        answer = _over(work) or _ask(work)
        if isinstance(answer, Ending):
            return answer
        if ending := _take(work, answer):
            return ending


def _listen(work: Work) -> None:
    """Pass on what people have written on the issue since the work began, each remark once."""
    for remark in work.abilities.heard():
        note = f"remark:{remark.comment_id}"
        if note not in work.talk.notes:
            tell(work, remark, note)


def _over(work: Work) -> Ending | None:
    """Say whether the work has come to an end that is not the model's own."""
    talk, streaks = work.talk, work.talk.streaks
    if work.stopped.is_set():
        return endings.stopped(talk)
    if ending := _out_of(work):
        return ending
    if talk.window.is_too_small:
        return endings.cut_short(talk, work.budget)
    useless = {
        "misread": streaks.misread >= limits.FORMAT_ERRORS,
        "idle": streaks.idle >= limits.IDLE_REPLIES,
    }
    circles = {
        "timeouts": streaks.timeouts >= limits.TIMEOUTS_BEFORE_END,
        "repeats": attention.repeats(talk.prints) >= limits.REPEATS_BEFORE_END,
        "stale": streaks.stale_turns >= 3 * limits.STALE_TURNS,
    }
    if trouble := next((name for name, is_so in useless.items() if is_so), ""):
        return endings.no_use(talk, trouble)
    if trouble := next((name for name, is_so in circles.items() if is_so), ""):
        return endings.in_circles(talk, trouble)
    return None


def _out_of(work: Work) -> Ending | None:
    talk, people = work.talk, work.abilities.people
    if which := attention.used_up(talk, work.budget):
        return _spent(work, which)
    pause = work.abilities.day()
    if pause and people and people.pauses:
        return endings.waiting(talk, pause)
    return endings.day_spent(talk, pause) if pause else None


def _spent(work: Work, which: str) -> Ending:
    """Rest until people have given more of what has run out, or end for want of it."""
    people = work.abilities.people
    wait = people.more(which) if people else None
    return (
        endings.waiting(work.talk, wait) if wait else endings.used_up(work.talk, work.budget, which)
    )


def _ask(work: Work) -> Reply | Ending:
    """Get the next reply, with room made for it where the window is getting full."""
    talk, budget = work.talk, work.budget
    began, most_s = time.monotonic(), work.seconds_left
    try:
        if room.is_tight(talk, budget):
            _make_room(work)
        return _send(work)
    except ModelError as error:
        if error.kind == ModelErrorKind.RETRY and time.monotonic() - began >= most_s:
            return _spent(work, "time")
        return endings.model_failed(talk, budget, error)


def _send(work: Work) -> Reply:
    """Send the history, and another one each time that it is not taken as it is."""
    for _ in range(limits.OVERFLOWS):
        try:
            return _send_once(work)
        except ModelError as error:
            if not _can_be_taken_now(work, error):
                raise
    return _send_once(work)


def _can_be_taken_now(work: Work, error: ModelError) -> bool:
    match error.kind:
        case ModelErrorKind.OVERFLOW:
            return _make_room_at_once(work)
        case ModelErrorKind.REFUSED:
            # What a provider will not read is most often something that a tool brought in.
            newest = work.talk.steps[-1:]
            return _leave_out(work, [step.number for step in newest if not step.masked])
        case _:
            return False


def _send_once(work: Work) -> Reply:
    if work.talk.context >= work.budget.context_window:
        # Some servers cut a history that is too long without a word; none is asked to.
        raise ModelError(ModelErrorKind.OVERFLOW, "the history is longer than the context window")
    return work.ask(work.talk.items)


def _make_room(work: Work) -> None:
    """Leave old tool results out; where that frees too little, go on from a recap.

    A recap is asked for instead of leaving out, not after: the server has the history as it stands
    in its cache, and the model sees once more what it sums up.
    """
    talk, budget = work.talk, work.budget
    old = room.to_leave_out(talk, budget)
    from_turn = room.recap_from(talk, budget)
    if from_turn is None or (old and room.is_enough(talk, budget, old)):
        _leave_out(work, old)
    else:
        recap.write(work, from_turn)


def _make_room_at_once(work: Work) -> bool:
    """Make room after the history was found too long; say whether there is more of it now."""
    if _leave_out(work, room.to_leave_out_at_once(work.talk)):
        return True
    from_turn = room.recap_from(work.talk, work.budget)
    if from_turn is None:
        return False
    recap.write(work, from_turn)
    return True


def _leave_out(work: Work, steps: list[int]) -> bool:
    if steps:
        work.note("mask", {"items": [], "steps": steps})
    return bool(steps)


def _take(work: Work, reply: Reply) -> Ending | None:
    """Write down a reply and do what it asks for."""
    asked = [_asked(work, call) for call in reply.calls]
    doing = next((title(one.meaning) for one in asked if isinstance(one.meaning, Request)), "")
    misread = not asked and attention.looks_like_a_call(reply.text)
    entry = reply_entry(reply, work.talk.turns + 1, misread=misread, doing=doing)
    work.note("reply", entry)
    if entry["stop"] == Stop.TOOLS:
        return act(work, asked)
    return _answer_without_calls(work, reply, misread=misread)


def _answer_without_calls(work: Work, reply: Reply, *, misread: bool) -> Ending | None:
    """Say something to a reply that asks for nothing, or take it as the end."""
    talk, streaks = work.talk, work.talk.streaks
    match reply.stop:
        case Stop.LENGTH:
            _nudge(work, _CUT_OFF)
        case Stop.REFUSAL | Stop.FILTER:
            if streaks.refused > limits.REFUSALS:
                return endings.no_use(talk, "refused")
            if reply.stop == Stop.FILTER and talk.steps:
                # What a filter objects to is most often something that a tool brought in.
                _leave_out(work, [talk.steps[-1].number])
            _nudge(work, _WITHHELD)
        case Stop.EMPTY | Stop.TOOLS:
            if streaks.empty > limits.EMPTY_REPLIES:
                return endings.no_use(talk, "empty")
            if streaks.empty < limits.EMPTY_REPLIES:
                _nudge(work, _EMPTY)
        case Stop.TEXT:
            if streaks.text > limits.TEXT_REPLIES:
                return endings.gone_quiet(talk, work.task, reply.text)
            _nudge(work, _WRITTEN_OUT if misread else _NO_CALL)
        case never:
            assert_never(never)
    return None


def _nudge(work: Work, words: str) -> None:
    warning = attention.budget_warning(work.talk, work.budget)
    said = f"{VOICE} {words}"
    if warning is None:
        work.say(said)
    else:
        work.say(f"{said}\n\n{warning[0]}", warning[1])


_CUT_OFF = (
    "Your last reply was longer than a reply may be; it was dropped, and nothing of it was run. "
    "Say less at once: split a long file over several calls."
)
_WITHHELD = "The last reply was withheld. Go on with the engineering task, or submit as `partial`."
_EMPTY = "Your last reply was empty. Go on with a tool call, or call submit."
_NO_CALL = (
    "That was a message without a tool call, and nobody reads those. If the work is done, call "
    "submit; if not, go on."
)
_WRITTEN_OUT = (
    "That had a tool call written out as text, which is not run. Make the call by the means of "
    "this protocol, with its arguments as one JSON object."
)


def _asked(work: Work, call: Call) -> Asked:
    try:
        return Asked(call, understand(call, [tool.name for tool in work.tools], work.closing))
    except Misread as error:
        return Asked(call, error)


def _keep_nothing(_: TurnDone) -> None:
    """Stand in for a caller that keeps no checkpoints."""
