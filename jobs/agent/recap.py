"""Puts a recap in the place of old turns: what the records say, then what the model says itself.

The task, with the rules that came with it, stays in front of it word for word, and the newest turns
stay behind it. The recap is an entry of the log, so a later job goes on from the same words.
"""

import time
from collections.abc import Iterator

from jobs.agent import limits, room
from jobs.agent.conversation import Conversation
from jobs.agent.entries import Entry, usage_entry
from jobs.agent.titles import runs_tests
from jobs.agent.untrusted import VOICE, quoted
from jobs.agent.work import Work
from jobs.model.wire import ModelError, ModelErrorKind, Reply, Stop, Usage
from jobs.sandbox import ToolRefused

REQUEST = (
    f"{VOICE} This conversation is getting too long, so most of it will now be left out. What "
    "stays: the first message, your last turns, and what the records hold (which files are "
    "changed, the plan, results of tests, the last review). Write the recap that you will go on "
    f"from, in at most {limits.RECAP_WORDS} words: how far the work is; what you found, with file "
    "and line; what you decided, and why; what you tried that did not work; what is to be done "
    "next, in order. Answer with this text alone. Calls in this reply are not carried out."
)
_HEAD = (
    f"{VOICE} The turns that stood here are left out to save room. First what the records say of "
    "the work so far, then your own recap of it. Go on from there."
)
_NO_WORDS = "(None was written. The working tree shows what is done: see `git diff`.)"
_NOTHING_USED = Usage(input=0, cached=0, cache_write=0, output=0, reasoning=0, estimated=False)
_CHANGED = (
    "git --no-optional-locks -c core.fsmonitor=false diff --no-ext-diff --stat=100 {sha} | tail -40"
    "; git --no-optional-locks -c core.fsmonitor=false ls-files --others --exclude-standard"
    " | head -40 | sed 's/^/ new: /'"
)
_LOOK_S = 30.0
_RESULTS = 8
_SHARES = (1.0, limits.OVERFLOW_SHARE, limits.OVERFLOW_SHARE**2)


def write(work: Work, from_turn: int) -> None:
    """Let the model sum up, and go on from that and from the turns that begin with `from_turn`.

    Raises ModelError if the model cannot be asked; where it gives no words, the facts stand alone.
    """
    began = time.monotonic()
    changed = _changed(work)
    looked_s = time.monotonic() - began
    reply = _ask(work)
    pinned = _pinned(work.talk, from_turn)
    words = _words(reply)
    facts = "\n".join(_facts(work, changed))[: limits.RECAP_FACTS_CHARS]
    text = "\n\n".join(
        [_HEAD, f"<recap>\n{facts}\n\n# Your recap\n{words or _NO_WORDS}\n</recap>", *pinned]
    )
    gone = sum(turn < from_turn for turn, _ in work.talk.starts)
    entry: Entry = {
        "items": [work.wire.user(text)],
        "title": "sum up the work so far",
        "result": f"{gone} turns left out",
        "text": text,
        "from_turn": from_turn,
        "pinned": pinned,
        "usage": usage_entry(reply.usage, lost=reply.lost_input)
        if reply
        else usage_entry(_NOTHING_USED),
        "seconds": looked_s + (reply.seconds if reply else 0.0),
        "model": reply.model if reply else "",
        "stop": reply.stop.value if reply else Stop.EMPTY.value,
    }
    work.note("recap", entry)


def _ask(work: Work) -> Reply | None:
    """Ask for it behind the history as it is, which the server has in its cache.

    The tools stay in the request, though none may be called: without them it would be another
    beginning, and some servers refuse a history that has calls in it.
    """
    request = work.wire.user(REQUEST)
    for share in _SHARES:
        part = room.newest_part(work.talk, work.budget, share)
        try:
            if part:
                return work.ask([*part, request])
        except ModelError as error:
            if error.kind != ModelErrorKind.OVERFLOW:
                raise
    return None


def _words(reply: Reply | None) -> str:
    if reply is None or reply.stop in {Stop.REFUSAL, Stop.FILTER}:
        return ""
    text = quoted(reply.text).text.strip()
    cut = text[: limits.RECAP_CHARS]
    return cut if cut == text else f"{cut}\n… (the rest is left out)"


def _pinned(talk: Conversation, from_turn: int) -> list[str]:
    """Return the project's instructions that stood in what goes, and before that."""
    going = (step.pinned.strip() for step in talk.steps if step.turn < from_turn and step.pinned)
    return [*talk.pinned, *going]


def _facts(work: Work, changed: str) -> Iterator[str]:
    talk = work.talk
    yield f"# The records\nTurn {talk.turns} of {work.budget.turns}."
    yield f"Changed against the base commit:\n{changed}"
    if talk.plan:
        yield "The plan:"
        yield from (f"- {quoted(one.step).text} ({one.status})" for one in talk.plan)
    if results := _test_results(work):
        yield "Newest results of tests:"
        yield from (f"- {title} → {result}" for title, result in results)
    if talk.rounds:
        yield f"Handed in {talk.rounds} of {limits.GATE_ROUNDS} times. The last review found wrong:"
        yield from (f"- {quoted(line).text}" for line in talk.failing or ("nothing",))


def _test_results(work: Work) -> list[tuple[str, str]]:
    results: dict[str, str] = {}
    for step in work.talk.steps:
        if runs_tests(step.title, work.task.checks):
            results.pop(step.title, None)
            results[step.title] = step.result
    return list(results.items())[-_RESULTS:]


def _changed(work: Work) -> str:
    """Ask the sandbox what differs from the base commit; its word is only for its own agent."""
    script = _CHANGED.format(sha=work.task.base_sha)
    try:
        ran = work.sandbox.exec(script, timeout_s=max(1.0, min(_LOOK_S, work.seconds_left)))
    except ToolRefused as refusal:
        return f"(not known: {quoted(str(refusal)).text})"
    return quoted(ran.output).text.strip() or "nothing"
