"""Lets a reviewer look at what the gate would accept; its defects go back to the model, once."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from jobs.agent.gate import ChangeView
from jobs.agent.ports import GatePort, LogPort
from jobs.agent.task import AgentTask, Budget, CheckRow, GateResult, Outcome, Submission
from jobs.agent.untrusted import quoted
from jobs.evidence.evidence import Evidence
from jobs.model.wire import Shape, Wire
from jobs.repository.change import Change, HostileChange, serialise
from jobs.reviewer.asking import Answer, ask, most_chars
from jobs.reviewer.due import When, why_due
from jobs.reviewer.prompt import SYSTEM, review_request
from jobs.reviewer.verdict import SCHEMA, Verdict, read_verdict

KIND = "review"
"""Of its entry in the log."""
ROW = "independent reviewer"
"""The name of its row in the gate's table."""
_WITH_CHANGE = (Outcome.RESOLVED, Outcome.PARTIAL)
_SAID = 4_000
_CUT_SHORT = (
    "The review of your submission was cut short and is not done. Call submit again, as it is."
)
_OPENING = (
    "The checks pass, but an independent reviewer, who saw only the issue, your change and what "
    "was measured, would have this mended first:"
)
_ADVICE = (
    "It may be wrong. Mend what is true, and say in `unverified` what you leave as it is and why. "
    "Then call submit again; the reviewer is not asked a second time."
)

_SHAPE = Shape("review", SCHEMA)

Entry = dict[str, Any]


@dataclass(frozen=True)
class Reviewer:
    """What one task's changes are judged with."""

    task: AgentTask
    wire: Wire
    budget: Budget
    stopped: threading.Event
    when: When
    evidence: Callable[[Change, Submission], Evidence | None]
    """What was measured of a change."""

    def look(self, change: Change, diff: str, submission: Submission, why: str) -> Entry | None:
        """Ask, and return what goes on record; None if somebody asked to stop meanwhile."""
        question = review_request(
            self.task.issue,
            self.task.instruction,
            change,
            diff,
            self.evidence(change, submission),
            most_chars=most_chars(self.budget),
        )
        answer = ask(self.wire, SYSTEM, question, self.budget, self.stopped, _SHAPE)
        if answer.stopped:
            return None
        return _entry(answer, change, why)


class ReviewedGate:
    """A gate behind which a reviewer stands."""

    def __init__(self, gate: GatePort, view: ChangeView, reviewer: Reviewer, log: LogPort) -> None:
        self._gate = gate
        self._view = view
        self._reviewer = reviewer
        self._log = log

    def __call__(self, submission: Submission) -> GateResult:
        """Answer a submission as the gate does, or with what the reviewer found."""
        result = self._gate(submission)
        claimed = result.outcome or submission.outcome
        if not result.accepted or claimed not in _WITH_CHANGE or self._reviewer.when == "off":
            return result
        if self._has_sent_back():
            return result
        try:
            change = self._view.collect()
            diff = self._view.diff(change)
        except HostileChange:
            return result
        why = why_due(self._reviewer.when, change, diff) if change.files else ""
        return self._reviewed(result, submission, change, diff, why) if why else result

    def _reviewed(
        self, result: GateResult, submission: Submission, change: Change, diff: str, why: str
    ) -> GateResult:
        entry = self._on_record(_mark(change))
        noted: tuple[tuple[str, Entry], ...] = ()
        if entry is None:
            entry = self._reviewer.look(change, diff, submission, why)
            if entry is None:
                return GateResult(accepted=False, text=_CUT_SHORT, rows=result.rows, extra=True)
            noted = ((KIND, entry),)
        rows = (*result.rows, _row(entry))
        if not (entry["verdict"] and entry["verdict"]["revise"]):
            return replace(result, rows=rows, noted=noted)
        text = _sent_back(Verdict.from_json(entry["verdict"]))
        return GateResult(accepted=False, text=text, rows=rows, noted=noted, extra=True)

    def _on_record(self, of: str) -> Entry | None:
        """Return what was said of this change already: by an earlier job that then ended."""
        said = (entry for kind, entry in self._log.entries() if kind == KIND)
        return next((entry for entry in said if entry["of"] == of), None)

    def _has_sent_back(self) -> bool:
        """Say whether the model was given the reviewer's defects: that is done once."""
        gates = (entry for kind, entry in self._log.entries() if kind == "gate")
        return any(
            row["check"] == ROW and row["passed"] is False
            for entry in gates
            for row in entry["rows"]
        )


def _mark(change: Change) -> str:
    return hashlib.sha256(serialise(change)).hexdigest()


def _entry(answer: Answer, change: Change, why: str) -> Entry:
    verdict = None if answer.failed else read_verdict(answer.text)
    if answer.failed:
        said = f"no review: {answer.failed}"
    elif verdict is None:
        said = "no verdict that could be read; taken as accepted"
    elif verdict.revise:
        said = f"revise: {len(verdict.defects)} to mend"
    else:
        said = "accept"
    return {
        "of": _mark(change),
        "why": why,
        "verdict": verdict.as_json() if verdict else None,
        "usage": dict(answer.usage),
        "model": answer.model,
        "title": "ask an independent reviewer",
        "result": said,
        "text": answer.text[:_SAID],
        "seconds": answer.seconds,
    }


def _row(entry: Entry) -> CheckRow:
    if entry["verdict"] is None:
        return CheckRow(ROW, None, entry["result"])
    return CheckRow(ROW, not entry["verdict"]["revise"], entry["result"])


def _sent_back(verdict: Verdict) -> str:
    """Return what the model reads; the words in it are another model's, about anybody's text."""
    found = []
    for number, defect in enumerate(verdict.defects, 1):
        place = f"{defect.place}: " if defect.place else ""
        found.append(f"{number}. {quoted(f'{place}{defect.why}').text} ({defect.severity})")
    unmet = [f"- {quoted(one.text).text}" for one in verdict.requirements if one.met is False]
    parts = [
        _OPENING,
        "\n".join(found),
        "Not met, in its reading:\n" + "\n".join(unmet) if unmet else "",
        _ADVICE,
    ]
    return "\n\n".join(part for part in parts if part)
