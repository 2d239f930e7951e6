"""Says what a review consists of, and what is wrong with one that the agent hands in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.agent.closing import Handed
from jobs.reading.rules import last_tool, listed, number, record, rules, text
from jobs.reviews.diff_lines import DiffLines

COMMENTS = 20
SUMMARY_CHARS, BODY_CHARS = 4_000, 1_500
SEVERITIES = ("bug", "risk", "question", "nit")

SYSTEM = rules(
    "You review a pull request that somebody else wrote; the checkout is its newest commit.",
    f"""\
# What to look for
- Defects that this change brings in: a wrong result, a case that breaks, a caller that breaks, a \
test that was made to pass, what its own words promise and it does not do. Show them: run the code \
or the tests where that settles it, and look at callers.
- Not defects: taste, formatting, what was so before, what you only suspect and could have tried.
- A comment stands on a line of the diff, on the smallest place that shows it, and says what is \
wrong, when it shows, and what would mend it. Where one or a few whole lines mend it, give them as \
`suggestion`: they take the place of the lines from `start_line` to `line`, with their indentation.
- No praise on lines. A change without defects gets a short summary that says what you looked at \
and ran, and no comments. At most {COMMENTS} comments, the worst first.
- You never approve: people do.""",
)
TOOL = last_tool(
    "Hand in the review. The answer to this call says which lines are not in the diff.",
    ("summary", "comments"),
    summary=text("In Markdown: what the change does, and what you make of it."),
    comments=listed(
        record(
            ("path", "line", "severity", "body"),
            path=text("From the repository root."),
            line=number("The line in the file after the change; the last one of several."),
            start_line=number("The first line, if it is about more than one."),
            old_side={"type": "boolean", "description": "The lines are ones that it takes away."},
            severity=text(enum=list(SEVERITIES)),
            body=text("In Markdown."),
            suggestion=text("What shall stand there instead, whole lines; may be left out."),
        ),
        COMMENTS,
    ),
)
ALIASES = {"summary": ("body", "text", "message"), "comments": ("findings", "defects")}
DEFAULTS: Handed = {"comments": [], "unverified": ""}


@dataclass(frozen=True)
class Check:
    """Says what is wrong with a review of one diff."""

    lines: DiffLines

    def __call__(self, handed: Handed) -> tuple[str, ...]:
        """Return a line for each fault."""
        return tuple(self._faults(handed))

    def sorted_out(self, handed: Handed) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the comments that can stand on lines, and those that cannot."""
        fitting: list[dict[str, Any]] = []
        homeless: list[dict[str, Any]] = []
        for comment in handed["comments"][:COMMENTS]:
            if comment["body"].strip():
                (homeless if self._misplaced(comment) else fitting).append(_tidied(comment))
        return fitting, homeless

    def _faults(self, handed: Handed) -> Iterator[str]:
        if not handed["summary"].strip():
            yield "`summary` is empty"
        if len(handed["summary"]) > SUMMARY_CHARS:
            yield f"`summary` has {len(handed['summary'])} characters; {SUMMARY_CHARS} is the most"
        comments: Sequence[dict[str, Any]] = handed["comments"]
        if len(comments) > COMMENTS:
            yield f"there are {len(comments)} comments; {COMMENTS} is the most"
        for at, comment in enumerate(comments):
            if fault := self._misplaced(comment):
                yield f"comments[{at}]: {fault}"
            if len(comment["body"]) > BODY_CHARS:
                yield f"comments[{at}]: `body` is longer than {BODY_CHARS} characters"
            if comment.get("suggestion") is not None and comment.get("old_side"):
                yield f"comments[{at}]: a suggestion cannot stand on lines that are taken away"

    def _misplaced(self, comment: dict[str, Any]) -> str:
        path, line = comment["path"].removeprefix("./"), comment["line"]
        on_new_side = not comment.get("old_side")
        return self.lines.fault(path, _start(comment), line, on_new_side=on_new_side)


def _start(comment: dict[str, Any]) -> int:
    start = comment.get("start_line")
    return int(comment["line"] if start is None else start)


def _tidied(comment: dict[str, Any]) -> dict[str, Any]:
    on_new_side = not comment.get("old_side")
    return {
        "path": comment["path"].removeprefix("./"),
        "line": comment["line"],
        "start_line": _start(comment),
        "on_new_side": on_new_side,
        "severity": comment["severity"],
        "body": comment["body"].strip()[:BODY_CHARS],
        "suggestion": comment.get("suggestion") if on_new_side else None,
    }
