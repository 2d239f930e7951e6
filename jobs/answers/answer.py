"""Carries out `ask`: the agent's answer, with each place in the code that it cites looked up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.comments.answers_given import ANSWER
from bot.handlers.ask import PULL_REQUEST
from bot.plain_text import cut
from jobs.agent.closing import Closing, Handed
from jobs.agent.endings import QUIET
from jobs.agent.task import Ending
from jobs.checkout import Base
from jobs.ending import TaskEnd, end_of
from jobs.job import Job
from jobs.patience import patiently
from jobs.reading.citations import Place, Places
from jobs.reading.result import keep_result
from jobs.reading.rules import last_tool, listed, number, record, rules, text
from jobs.reading.run import Errand, read
from jobs.reviews.fetched import Pull, fetched
from jobs.reviews.shown import DIFF_FILE
from jobs.solution import Solution
from records.task import TaskState

ANSWER_CHARS = 6_000
_MOST_CITED = 12
_SHOWN_CHARS = 160

SYSTEM = rules(
    "You answer one question of its people about the code.",
    f"""\
# The answer
Answer what is asked, first in one sentence, then with what shows it. Short: at most \
{ANSWER_CHARS} characters of Markdown, for people who know the project. Each statement about the \
code has its place. `cited` lists the places that carry the answer, the most telling first. If the \
code does not say, answer that it does not, and where you looked.""",
)
TOOL = last_tool(
    "Hand in the answer. Every place that it names is looked up; the answer to this call says "
    "which are not there.",
    ("answer", "cited"),
    answer=text("In Markdown, with places as `path:line`."),
    cited=listed(
        record(
            ("path", "line"),
            path=text("From the repository root."),
            line=number(),
            end_line=number("If it is more than one line."),
            shows=text("What one can see there, in a few words."),
        ),
        _MOST_CITED,
        "The places that carry the answer.",
    ),
)
_ALIASES = {"answer": ("summary", "text", "message"), "cited": ("citations", "sources")}
_DEFAULTS: Handed = {"cited": [], "unverified": ""}
_WISH = "Answer the question below. The issue is what it was asked under; nothing is to be changed."
_WISH_OF_LABEL = "Answer the question that the issue asks; nothing is to be changed."
_WISH_OF_PULL = (
    "Answer the question below. It was asked under the pull request whose own words are in <issue> "
    f"and whose change is in <github> and, whole, in {DIFF_FILE}. Its newest commit is checked out."
)


def answer(job: Job, base: Base) -> TaskEnd:
    """Answer the task's question; whatever else it ends with is no change either."""
    pull = _pull_request(job, base)
    sha = pull.opened.head_sha if pull else base.sha
    places = Places(base.mirror.at(sha))
    closing = Closing(SYSTEM, TOOL, _Check(places), aliases=_ALIASES, defaults=_DEFAULTS)
    errand = Errand(closing, _WISH if job.task.instruction.strip() else _WISH_OF_LABEL)
    if pull:
        errand = Errand(closing, _WISH_OF_PULL, (pull.block,), sha, pull.put_diff)
    ending = read(job, base, errand)
    handed = ending.handed_in or _said_without_the_tool(ending)
    if handed is None or not handed["answer"].strip():
        return end_of(Solution(ending))
    found = {**_looked_up(handed, places), "base_sha": sha}
    keep_result(job, ANSWER, found, title="the answer", text=found["answer"])
    return TaskEnd(TaskState.SUCCEEDED, "", "")


def _pull_request(job: Job, base: Base) -> Pull | None:
    """Bring the pull request here that the question was asked under, if it was one."""
    if not job.task.brief.get(PULL_REQUEST):
        return None
    return patiently(job, lambda: fetched(job, base), until=job.watch.halted)


@dataclass(frozen=True)
class _Check:
    """Says what is wrong with an answer."""

    places: Places

    def __call__(self, handed: Handed) -> tuple[str, ...]:
        said = handed["answer"]
        found = [self.places.fault(place) for place in self._places_of(handed)]
        faults = [fault for fault in found if fault]
        if not said.strip():
            faults.append("`answer` is empty")
        if len(said) > ANSWER_CHARS:
            faults.append(f"`answer` has {len(said)} characters; {ANSWER_CHARS} is the most")
        if not handed["cited"] and not handed["unverified"].strip():
            faults.append("nothing is cited: say in `unverified` why no line shows it")
        return tuple(faults)

    def _places_of(self, handed: Handed) -> Sequence[Place]:
        cited = [_place(one) for one in handed["cited"]]
        named = self.places.named_in([handed["answer"]])
        return [*cited, *(place for place in named if place not in cited)]


def _place(cited: dict[str, Any]) -> Place:
    line = cited["line"]
    return Place(cited["path"].removeprefix("./"), line, cited.get("end_line") or line)


def _said_without_the_tool(ending: Ending) -> Handed | None:
    """Return the words of a model that answered in a plain message and no other way."""
    said = ending.submission
    if ending.cause != QUIET or said is None or not said.summary.strip():
        return None
    return {"answer": said.summary, "cited": [], "unverified": ""}


def _looked_up(handed: Handed, places: Places) -> dict[str, Any]:
    """Return the answer with the places that there are, and those that were named and are not."""
    cited = {_place(one): one.get("shows", "") for one in handed["cited"][:_MOST_CITED]}
    for place in places.named_in([handed["answer"]]):
        cited.setdefault(place, "")
    good = [place for place in cited if not places.fault(place)]
    return {
        "answer": cut(handed["answer"].strip(), ANSWER_CHARS),
        "cited": [_entry(place, cited[place], places) for place in good[:_MOST_CITED]],
        "missing": [str(place) for place in cited if place not in good],
        "unverified": handed["unverified"],
    }


def _entry(place: Place, shows: str, places: Places) -> dict[str, Any]:
    return {
        "path": place.path,
        "line": place.line,
        "end_line": place.end_line,
        "shows": shows,
        "text": cut(places.shown(place).strip(), _SHOWN_CHARS),
    }
