"""Says what a plan consists of, and what is wrong with one that the agent hands in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.agent.closing import Handed
from jobs.reading.citations import Places
from jobs.reading.rules import last_tool, listed, number, record, rules, text

STEPS, NAMED = 15, 12
STEP_CHARS, PROSE_CHARS = 600, 2_000
_MOST_CALLS, _MOST_MINUTES = 500, 600

SYSTEM = rules(
    "You plan a change that its people may then approve; somebody else will carry it out.",
    f"""\
# The plan
Find the cause before you plan: see a bug fail, if it can be seen here. `problem` says what is \
wrong or wanted, `cause` where it comes from, with `path:line`. `steps` say what is to be done, \
one after the other, each small enough to be judged by itself, with the files that it touches; a \
file that does not exist yet is marked as new. Name the tests to add, what may go wrong, and what \
the issue might be taken to ask for but the plan leaves out. At most {STEPS} steps. Plan what a \
careful maintainer of this project would do: completely, and with a small change. `estimate` is of \
the work, not of your planning.""",
)
TOOL = last_tool(
    "Hand in the plan. Every place and file that it names is looked up; the answer to this call "
    "says which are not there.",
    ("problem", "cause", "steps", "tests", "risks", "out_of_scope", "estimate"),
    problem=text("What is wrong or wanted, in a few sentences of Markdown."),
    cause=text("Where it comes from, with places as `path:line`."),
    steps=listed(
        record(
            ("do", "files"),
            do=text("What is done in this step.", maxLength=STEP_CHARS),
            files=listed(
                record(("path",), path=text(), new={"type": "boolean"}), NAMED, "What it touches."
            ),
        ),
        STEPS,
    ),
    tests=listed(text(), NAMED, "Tests to add or change, one an entry."),
    risks=listed(text(), NAMED, "What may go wrong, one an entry."),
    out_of_scope=listed(text(), NAMED, "What the plan leaves out, one an entry."),
    estimate=record(
        ("tool_calls", "minutes"),
        tool_calls=number("Calls of tools that the work will take."),
        minutes=number(),
    ),
)
ALIASES = {
    "problem": ("summary",),
    "cause": ("root_cause",),
    "steps": ("plan",),
    "out_of_scope": ("not_done",),
}
DEFAULTS: Handed = {
    "cause": "",
    "tests": [],
    "risks": [],
    "out_of_scope": [],
    "estimate": {"tool_calls": 0, "minutes": 0},
    "unverified": "",
}


@dataclass(frozen=True)
class Check:
    """Says what is wrong with a plan."""

    places: Places
    paths: frozenset[str]

    def __call__(self, handed: Handed) -> tuple[str, ...]:
        """Return a line for each fault."""
        return tuple(self._faults(handed))

    def missing(self, handed: Handed) -> list[str]:
        """Name the places and files of a plan that are not there."""
        return [fault.partition(": ")[0] for fault in self._wrong_places(handed)]

    def _faults(self, handed: Handed) -> Iterator[str]:
        if not handed["problem"].strip():
            yield "`problem` is empty"
        if not any(step["do"].strip() for step in handed["steps"]):
            yield "`steps` has nothing to do"
        for name in ("problem", "cause", "unverified"):
            if len(handed[name]) > PROSE_CHARS:
                yield f"`{name}` has {len(handed[name])} characters; {PROSE_CHARS} is the most"
        if len(handed["steps"]) > STEPS:
            yield f"there are {len(handed['steps'])} steps; {STEPS} is the most"
        yield from self._wrong_places(handed)

    def _wrong_places(self, handed: Handed) -> Iterator[str]:
        steps = [step["do"] for step in handed["steps"]]
        for place in self.places.named_in([handed["problem"], handed["cause"], *steps]):
            if fault := self.places.fault(place):
                yield fault
        for path in _paths(handed, new=False):
            if path not in self.paths and not self._is_folder(path):
                yield f"{path}: there is no such file; mark it as new if it is to be made"

    def _is_folder(self, path: str) -> bool:
        folder = path.rstrip("/") + "/"
        return any(each.startswith(folder) for each in self.paths)


def _paths(handed: Handed, *, new: bool) -> list[str]:
    files = [file for step in handed["steps"] for file in step["files"]]
    paths = [file["path"].removeprefix("./") for file in files if bool(file.get("new")) == new]
    return list(dict.fromkeys(paths))


def tidied(handed: Handed) -> dict[str, Any]:
    """Return a plan within its bounds, without steps that say nothing."""
    steps = [step for step in handed["steps"] if step["do"].strip()][:STEPS]
    estimate = handed["estimate"]
    return {
        "problem": handed["problem"].strip()[:PROSE_CHARS],
        "cause": handed["cause"].strip()[:PROSE_CHARS],
        "steps": [_step(step) for step in steps],
        **{name: _lines(handed[name]) for name in ("tests", "risks", "out_of_scope")},
        "tool_calls": max(0, min(estimate["tool_calls"], _MOST_CALLS)),
        "minutes": max(0, min(estimate["minutes"], _MOST_MINUTES)),
        "unverified": handed["unverified"].strip()[:PROSE_CHARS],
    }


def _step(step: dict[str, Any]) -> dict[str, Any]:
    files = [{"path": file["path"].removeprefix("./"), "new": bool(file.get("new"))}
             for file in step["files"][:NAMED]]  # fmt: skip
    return {"do": step["do"].strip()[:STEP_CHARS], "files": files}


def _lines(given: list[str]) -> list[str]:
    return [line.strip()[:STEP_CHARS] for line in given if line.strip()][:NAMED]
