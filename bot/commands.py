"""Finds the command in a text that a person wrote, and reads it; nothing here touches the world."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.command_options import NoSuchOption, NoValue, take_options
from bot.plain_text import visible


@dataclass(frozen=True)
class Fix:
    """Mend what the issue describes, with these words of the requester's."""

    instruction: str
    model: str = ""
    """The name of the model to do it with; without one, the usual."""
    attempts: str = ""
    """In how many attempts, as it was written; without a word, in as many as a label says."""


@dataclass(frozen=True)
class Status:
    """Say where the task on this issue stands."""


@dataclass(frozen=True)
class Stop:
    """Stop the task on this issue."""


@dataclass(frozen=True)
class Remark:
    """Tell the task on this issue what was written: no command, but its people may say more."""


@dataclass(frozen=True)
class Help:
    """Say which commands there are."""


@dataclass(frozen=True)
class DidYouMean:
    """A word that is nearly a command."""

    word: str
    suggestion: str


@dataclass(frozen=True)
class NotYet:
    """A command that this version knows by name only."""

    verb: str


type_of_command = Fix | Status | Stop | Remark | Help | DidYouMean | NotYet | NoSuchOption | NoValue

_WITHOUT_WORDS: dict[str, type_of_command] = {"status": Status(), "stop": Stop(), "help": Help()}

AVAILABLE = ("fix", "status", "stop", "help")
PLANNED = (
    *("plan", "ask", "review", "approve", "reject", "revise", "answer", "steer", "retry"),
    *("address", "ci", "sync", "undo", "budget", "log", "batch", "autofix", "config"),
)
_LONG_WORD = 6

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MARK = "\ue000"
_END_OF_MARK = "\ue001"
_MARKED = re.compile(f"/{_MARK}([0-9]+){_END_OF_MARK}")


def parse(text: str, command: str = "/agent") -> type_of_command | None:
    """Read the first command line of a text, or None where there is none.

    A command line begins with the command, and is shown as ordinary text: not quoted, not code,
    not hidden. What follows it, up to the next command line, are the requester's words.
    """
    lines = _lines(text)
    starts = _command_lines(lines, command)
    if not starts:
        return None
    end = starts[1] if len(starts) > 1 else len(lines)
    first = lines[starts[0]].lstrip(" \t")[len(command) :]
    return _read(first.strip(), "\n".join(lines[starts[0] + 1 : end]).strip())


def _lines(text: str) -> list[str]:
    plain = (
        visible(text).replace("\N{NO-BREAK SPACE}", " ").replace(_MARK, "\N{REPLACEMENT CHARACTER}")
    )
    return plain.split("\n")


def _read(line: str, below: str) -> type_of_command:
    word, _, rest = line.partition(" ")
    verb = word.rstrip(".,:;!?").lower()
    everything = "\n".join(part for part in (line, below) if part)
    if not everything:
        return Help()
    if verb in _WITHOUT_WORDS:
        return _WITHOUT_WORDS[verb]
    if verb in PLANNED:
        return NotYet(verb)
    if verb and not rest and (suggestion := _near(verb)):
        return DidYouMean(word, suggestion)
    return _fix(rest.strip(), below) if verb == "fix" else _fix(line, below)


def _fix(line: str, below: str) -> Fix | NoSuchOption | NoValue:
    taken = take_options(line)
    if not isinstance(taken, tuple):
        return taken
    words, values = taken
    instruction = "\n".join(part for part in (words, below) if part)
    return Fix(instruction, model=values.get("model", ""), attempts=values.get("attempts", ""))


def _near(word: str) -> str | None:
    """Return the command that the word is a slip of the finger away from."""
    if word == "fix":
        return None
    for verb in (*AVAILABLE, *PLANNED):
        slips = 2 if len(verb) >= _LONG_WORD else 1
        if len(verb) > slips + 1 and _distance(word[:40], verb) <= slips:
            return verb
    return None


def _distance(one: str, other: str) -> int:
    """Count the letters to add, drop, change or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], wanted):
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


def _command_lines(lines: list[str], command: str) -> list[int]:
    """Return the numbers of the command lines.

    Each candidate is replaced by a mark that says its line before the text is read as Markdown, so
    that wherever Markdown moves it, the mark tells what that line has become.
    """
    begins = re.compile(rf"[ \t]*{re.escape(command)}(?=[ \t]|$)", re.IGNORECASE)
    candidates = [number for number, line in enumerate(lines) if begins.match(line)]
    if not candidates:
        return []
    marked = list(lines)
    for number in candidates:
        rest = lines[number].lstrip(" \t")
        indent = lines[number][: -len(rest)]
        mark = f"/{_MARK}{number}{_END_OF_MARK}"
        marked[number] = f"{indent}{mark}{rest[len(command) :]}"
    return sorted(set(_shown_marks(_MARKDOWN.parse("\n".join(marked)))))


def _shown_marks(tokens: list[Token]) -> Iterator[int]:
    """Yield the marks that begin a line of ordinary text."""
    quotes = 0
    enclosing = ""
    for token in tokens:
        match token.type:
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "inline" if not quotes and enclosing in {"paragraph_open", "heading_open"}:
                yield from _marks_at_line_starts(token.children or [])
        enclosing = token.type


def _marks_at_line_starts(children: list[Token]) -> Iterator[int]:
    at_line_start = True
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            at_line_start = True
            continue
        if at_line_start and child.type == "text" and (found := _MARKED.match(child.content)):
            yield int(found[1])
        at_line_start = False
