"""Reads a command out of a text that a person wrote; nothing here touches the world."""

import re
from collections.abc import Callable, Mapping

from bot.command_lines import command_lines, lines_of
from bot.command_options import VALUES, take_options
from bot.commands import (
    VERBS,
    Address,
    Answer,
    Approve,
    Ask,
    Autofix,
    Batch,
    Budget,
    Ci,
    Config,
    Each,
    Fix,
    Help,
    Log,
    Packages,
    Plan,
    Reject,
    Retry,
    Review,
    Revise,
    Status,
    Steer,
    Stop,
    Sync,
    Undo,
    Words,
    type_of_command,
)
from bot.slips import DidYouMean, Misused

_LONG_WORD = 6
_DIGITS = 9
_CHOICE = re.compile(r"([1-9][0-9]?)([a-z])", re.IGNORECASE)
_CHOICES = re.compile(r"(?:[1-9][0-9]?[a-z](?:[ ,;]+|$))+", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\+?(?P<dollar>\$)?(?P<number>[0-9]{1,9}(?:\.[0-9]{1,4})?) ?(?P<unit>[a-zA-Z]{0,7})"
)
_TOKENS = {"k": 1_000, "K": 1_000, "M": 1_000_000}
_TURNS = {"step", "steps", "turn", "turns"}
_MINUTES = {"m", "min", "minute", "minutes"}
"""Small letters: `10m` is a time, and `10M` are tokens."""
_OPTION = re.compile("(?:--|[\N{EM DASH}\N{EN DASH}])[a-z].*", re.IGNORECASE)
_ARGUMENT = re.compile(
    "#?[0-9]+[a-z]?|[+$][$0-9.]+[a-z]*|`?[0-9a-f]{7,64}`?|label:\\S+|yes|no|on|off|last|--[a-z]\\S*",
    re.IGNORECASE,
)
"""One word of what stands behind a command rather than in a sentence."""
_MEANT = re.compile(
    r"(?:^|\s)(?:--[a-z]|label:\S)|#[0-9]"
    "|[\N{EM DASH}\N{EN DASH}]"
    rf"(?:{'|'.join(VALUES)})\b",
    re.IGNORECASE,
)
"""What is part of the command where it stands below it, too: an option, an issue, a label."""
_TARGET = re.compile("\"([^\"\n]+)\"|'([^'\n]+)'|`([^`\n]+)`|(\\S+)")
_OF_WORDS = frozenset({"answer", "ask", "revise", "steer"})
"""Verbs of which every line counts, and that cannot do without one."""
_OF_ONE_LINE = frozenset({"batch", "each", "packages"})
"""Verbs that allow much: what stands below them may take some of it back."""


def parse(text: str, command: str = "/agent") -> type_of_command | None:
    """Read the first command line of a text, or None where there is none.

    A command line begins with the command, and is shown as ordinary text: not quoted, not code,
    not hidden. What follows it, up to the next command line, are the requester's words.
    """
    lines = lines_of(text)
    starts = command_lines(lines, command)
    if not starts:
        return None
    end = starts[1] if len(starts) > 1 else len(lines)
    first = lines[starts[0]].lstrip(" \t")[len(command) :]
    return _read(first.strip(), "\n".join(lines[starts[0] + 1 : end]).strip())


def further(text: str, command: str = "/agent") -> tuple[str, ...]:
    """Return the command lines of a text behind the first, of which nothing is done."""
    lines = lines_of(text)
    return tuple(lines[start].strip() for start in command_lines(lines, command)[1:])


def read(words: str) -> type_of_command:
    """Read what would stand after the command on its line, such as what stands behind a box."""
    return _read(words.strip(), "")


def _read(line: str, below: str) -> type_of_command:
    word, _, rest = line.replace("\t", " ").partition(" ")
    verb = word.rstrip(".,:;!?").lower()
    if not line and not below:
        return Help()
    if verb in VERBS:
        return _with_options(verb, rest.strip(), below)
    if _CHOICES.fullmatch(line):
        return Answer(choices=_choices(line))
    is_bare = not rest.strip()
    if (is_bare or _are_arguments(rest)) and (suggestion := _near(verb, is_bare=is_bare)):
        return DidYouMean(word, suggestion)
    fix = _with_options("fix", line, below)
    return Words(fix.instruction) if isinstance(fix, Fix) and fix == Fix(fix.instruction) else fix


def _are_arguments(rest: str) -> bool:
    """Say whether this is what stands behind a command: options, numbers, digests."""
    words = rest.replace(",", " ").split()
    return bool(_OPTION.fullmatch(rest.strip())) or all(map(_ARGUMENT.fullmatch, words))


def _with_options(verb: str, line: str, below: str) -> type_of_command:
    taken = take_options(verb, line)
    if not isinstance(taken, tuple):
        return taken
    first, options = taken
    text = "\n".join(part for part in (first, below) if part)
    command = _READERS[verb](text, options)
    counts_below = verb in _OF_WORDS | _OF_ONE_LINE
    if command is None and below and not counts_below and not _MEANT.search(below):
        # Thanks, a signature, or what a mail program puts below an answer.
        command = _READERS[verb](first, options)
    return command or Misused(verb)


def _fix(text: str, options: Mapping[str, str]) -> Fix:
    return Fix(text, **options)


def _retry(text: str, options: Mapping[str, str]) -> Retry:
    return Retry(text, start=options.get("from", ""), **_without("from", options))


def _answer(text: str, _: Mapping[str, str]) -> Answer | None:
    if _CHOICES.fullmatch(text):
        return Answer(choices=_choices(text))
    word, _space, rest = text.partition(" ")
    number = word.rstrip(".:)")
    if rest.strip() and _is_number(number):
        return Answer(rest.strip(), number=int(number))
    return Answer(text) if text else None


def _choices(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(number), letter.lower()) for number, letter in _CHOICE.findall(text))


def _approve(text: str, _: Mapping[str, str]) -> Approve | None:
    digest = text.strip("` ").lower()
    return Approve(digest) if re.fullmatch("[0-9a-f]{0,64}", digest) else None


def _ci(text: str, _: Mapping[str, str]) -> Ci | None:
    return {"": Ci(), "run": Ci(run=True)}.get(text.lower())


def _autofix(text: str, _: Mapping[str, str]) -> Autofix | None:
    return {"on": Autofix(on=True), "off": Autofix(on=False)}.get(text.lower())


def _packages(text: str, _: Mapping[str, str]) -> Packages | None:
    if _is_number(text):
        return Packages(allow=True, number=int(text))
    return {"yes": Packages(allow=True), "no": Packages(allow=False)}.get(text.lower())


def _undo(text: str, _: Mapping[str, str]) -> Undo | None:
    paths = text.partition("\n\n")[0]
    targets = tuple("".join(found.groups(default="")) for found in _TARGET.finditer(paths))
    return Undo(targets) if targets else None


def _budget(text: str, _: Mapping[str, str]) -> Budget | None:
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or not (number := float(found["number"])):
        return None
    match found["dollar"], found["unit"]:
        case "$", "":
            return Budget(usd=number)
        case None, unit if unit in _TOKENS:
            return Budget(tokens=max(1, int(number * _TOKENS[unit])))
        case None, unit if unit.lower() in _TURNS and number.is_integer():
            return Budget(turns=int(number))
        case None, unit if unit in _MINUTES:
            return Budget(minutes=number)
        case _:
            return None


def _log(text: str, _: Mapping[str, str]) -> Log | None:
    if not text:
        return Log()
    return Log(int(text)) if _is_number(text) else None


def _batch(text: str, options: Mapping[str, str]) -> Batch | None:
    issues, labels = [], []
    for word in text.replace(",", " ").split():
        if word.startswith("#") and _is_number(word[1:]):
            issues.append(int(word[1:]))
        elif word.lower().startswith("label:") and word[6:]:
            labels.append(word[6:].strip('"`'))
        else:
            return None
    most = options.get("max", "")
    return Batch(tuple(issues), tuple(labels), most) if issues or labels else None


def _without_words(
    command: type_of_command,
) -> Callable[[str, Mapping[str, str]], type_of_command | None]:
    return lambda text, _: None if text else command


def _without(key: str, options: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if name != key}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


_READERS: dict[str, Callable[[str, Mapping[str, str]], type_of_command | None]] = {
    "fix": _fix,
    "plan": lambda text, options: Plan(text, **options),
    "ask": lambda text, options: Ask(text, **options) if text else None,
    "review": lambda text, options: Review(text, **options),
    "approve": _approve,
    "reject": lambda text, _: Reject(text),
    "revise": lambda text, _: Revise(text) if text else None,
    "answer": _answer,
    "steer": lambda text, _: Steer(text) if text else None,
    # Whatever else is said with it, somebody wants the work to stop.
    "stop": lambda _, options: Stop(discard="discard" in options),
    "retry": _retry,
    "address": lambda text, _: Address(text),
    "ci": _ci,
    "autofix": _autofix,
    "sync": _without_words(Sync()),
    "undo": _undo,
    "budget": _budget,
    "packages": _packages,
    "status": lambda _text, _options: Status(),
    "log": _log,
    "batch": _batch,
    "each": lambda text, options: None if text else Each(options.get("max", "")),
    "config": _without_words(Config()),
    "help": lambda _text, _options: Help(),
}


def _near(word: str, *, is_bare: bool) -> str | None:
    """Return the command that the word is a slip of the finger away from, a bare long word two."""
    for verb in VERBS:
        slips = 2 if is_bare and len(verb) >= _LONG_WORD else 1
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
