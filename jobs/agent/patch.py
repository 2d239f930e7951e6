"""Reads a patch: the grammar that a model is held to, and a parser that forgives a little more.

A patch names files; each is added, deleted, or updated (and perhaps moved) by chunks. A chunk holds
lines that stay (` `), go (`-`) and come (`+`); lines after `@@` say below which line of the file it
belongs. Where the lines are found is the sandbox's to say, which has the file.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

GRAMMAR = r"""start: BEGIN file+ END
file: ADD ADDED* | DELETE | UPDATE MOVE | UPDATE MOVE? chunks
chunks: UNDER* lines (UNDER+ lines)*
lines: (KEPT | ADDED | REMOVED)+ LAST?

BEGIN: "*** Begin Patch\n"
END: /\*\*\* End Patch\n?/
ADD: /\*\*\* Add File: [^\n]+\n/
DELETE: /\*\*\* Delete File: [^\n]+\n/
UPDATE: /\*\*\* Update File: [^\n]+\n/
MOVE: /\*\*\* Move to: [^\n]+\n/
UNDER: /@@( [^\n]*)?\n/
KEPT: / [^\n]*\n/
ADDED: /\+[^\n]*\n/
REMOVED: /-[^\n]*\n/
LAST: "*** End of File\n"
"""
"""In Lark's words, for servers that hold a model to it. Each terminal is one line, and its first
letters tell it from every other that could stand there."""

MOST_CHARS = 1_000_000
MOST_FILES = 100
MOST_CHUNKS = 1_000
_BEGIN, _END, _LAST = "*** Begin Patch", "*** End Patch", "*** End of File"
_HEADER = re.compile(r"\*\*\* (Add|Delete|Update) File:\s*(.*)")
_MOVE = re.compile(r"\*\*\* Move to:\s*(.*)")
_UNDER = re.compile(r"@@(?: -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)?(?: (.*))?")
_WRAPPING = re.compile(r"\s*(?:```\w*|(?:\$ )?apply_patch\b.*|[\"']?[A-Z]{3,12}[\"']?)?\s*")
"""What is left around a patch by habit: a fence, a call of a program, the word after its end."""
_SHELL = re.compile(
    r"\s*(?:cd /workspace/repo/?\s*&&\s*)?apply_patch\s*<<-?\s*(['\"]?)(\w+)\1\n"
    r"(?P<patch>.*)\n\s*\2\s*",
    re.DOTALL,
)
_NO_NEWLINE = "\\ No newline"
_SHOWN = 80
_OUTLINE = (
    f"A patch is: `{_BEGIN}`; for each file `*** Add File: PATH`, `*** Delete File: PATH` or "
    "`*** Update File: PATH`, and under it its lines; `*** End Patch`."
)


class BadPatch(Exception):
    """The text is no patch; the message tells the model how to write it."""


@dataclass(frozen=True)
class Chunk:
    """Lines of one place in a file, each with its sign before it."""

    under: tuple[str, ...]
    """Lines of the file below which it stands, the outermost first."""
    lines: tuple[str, ...]
    at_end: bool = False
    """Its lines are the last of the file."""


@dataclass(frozen=True)
class FilePatch:
    """What happens to one file."""

    kind: Literal["add", "delete", "update"]
    path: str
    move_to: str = ""
    added: tuple[str, ...] = ()
    """The lines of a new file."""
    chunks: tuple[Chunk, ...] = ()

    @property
    def counts(self) -> tuple[int, int]:
        """Return how many lines come, and how many are known to go."""
        signs = [line[0] for chunk in self.chunks for line in chunk.lines]
        return len(self.added) + signs.count("+"), signs.count("-")

    def as_json(self) -> dict[str, Any]:
        """Return it as the sandbox takes it."""
        return {
            "kind": self.kind,
            "path": self.path,
            "move_to": self.move_to,
            "content": "".join(f"{line}\n" for line in self.added),
            "chunks": [vars(chunk) for chunk in self.chunks],
        }


def parse(text: str) -> tuple[FilePatch, ...]:
    """Return what a patch says, file by file in its order; raises BadPatch."""
    if len(text) > MOST_CHARS:
        raise BadPatch(
            f"The patch has {len(text):,} characters; {MOST_CHARS:,} is the most. "
            "Send several smaller ones."
        )
    files = tuple(_files(_Lines(_whole_characters(text))))
    chunks = sum(len(one.chunks) for one in files)
    if len(files) > MOST_FILES or chunks > MOST_CHUNKS:
        raise BadPatch(
            f"The patch has {len(files)} files and {chunks} chunks; {MOST_FILES} and {MOST_CHUNKS} "
            "are the most. Send several smaller ones, or use bash for a mechanical change."
        )
    return files


def in_shell(script: str) -> str:
    """Return the patch that a script only hands to a program called apply_patch, or nothing."""
    match = _SHELL.fullmatch(script)
    return match["patch"] if match else ""


def in_json(text: str) -> str:
    """Return the patch in a JSON object, as a function call has it; else the text itself."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    texts = [each for each in value.values() if isinstance(each, str)]
    return texts[0] if len(texts) == 1 else text


class _Lines:
    """The lines between the first and the last of a patch, read one after the other."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        if all(line.endswith("\r") for line in lines[:-1]):
            lines = [line.removesuffix("\r") for line in lines]
        starts = [at for at, line in enumerate(lines) if line.strip() == _BEGIN]
        if not starts or not all(_WRAPPING.fullmatch(line) for line in lines[: starts[0]]):
            raise BadPatch(f"It does not begin with `{_BEGIN}`. {_OUTLINE}")
        self._lines = lines
        self._at = starts[0] + 1

    def peek(self) -> str:
        """Return the next line; raises BadPatch where the patch breaks off."""
        if self._at >= len(self._lines):
            raise BadPatch(
                f"It ends without `{_END}`, so part of it may be missing. Send the whole patch."
            )
        return self._lines[self._at]

    def take(self) -> str:
        """Return the next line and go on behind it."""
        line = self.peek()
        self._at += 1
        return line

    def skip_blank(self) -> None:
        """Go on to the next line with something on it."""
        while not self.peek().strip():
            self._at += 1

    def is_over(self) -> bool:
        """Tell whether the end of the file's part is reached."""
        line = self.peek().rstrip()
        return line == _END or bool(_HEADER.fullmatch(line))

    def end(self) -> None:
        """See to it that nothing of worth comes behind the end."""
        rest = self._lines[self._at :]
        if again := next((line for line in rest if not _WRAPPING.fullmatch(line)), ""):
            raise BadPatch(
                f"Something comes after `{_END}`: {again[:_SHOWN]!r}. All files go into one patch."
            )

    def bad(self, words: str) -> BadPatch:
        """Return the complaint about the line that was taken last."""
        line = self._lines[self._at - 1]
        return BadPatch(f"Line {self._at} of the patch, {line[:_SHOWN]!r}: {words}")


def _files(lines: _Lines) -> Iterator[FilePatch]:
    count = 0
    while True:
        lines.skip_blank()
        line = lines.take().rstrip()
        if line == _END:
            break
        header = _HEADER.fullmatch(line)
        if not header:
            raise lines.bad(f"a file's header or `{_END}` is wanted here. {_OUTLINE}")
        count += 1
        yield _file(lines, header[1], _path(lines, header[2]))
    lines.end()
    if not count:
        raise BadPatch(f"It names no file. {_OUTLINE}")


def _file(lines: _Lines, kind: str, path: str) -> FilePatch:
    if kind == "Add":
        return FilePatch("add", path, added=_added(lines))
    return FilePatch("delete", path) if kind == "Delete" else _update(lines, path)


def _path(lines: _Lines, text: str) -> str:
    path = text.strip()
    if not path or "\0" in path:
        raise lines.bad("the path is missing.")
    return path


def _added(lines: _Lines) -> tuple[str, ...]:
    added: list[str] = []
    blank = 0
    while not lines.is_over():
        line = lines.take()
        if not line:
            blank += 1
        elif line.startswith("+"):
            # A line without its sign that is empty all the same can only be an empty line.
            added += [""] * blank + [line[1:]]
            blank = 0
        elif line.rstrip() != _LAST:
            raise lines.bad("every line of a new file begins with `+`.")
    return tuple(added)


def _update(lines: _Lines, path: str) -> FilePatch:
    move_to = ""
    if move := _MOVE.fullmatch(lines.peek().rstrip()):
        lines.take()
        move_to = _path(lines, move[1])
    chunks = tuple(_chunks(lines))
    changes = any(line[0] != " " for chunk in chunks for line in chunk.lines)
    if not changes and not move_to:
        raise lines.bad(
            f"nothing is changed in {path}: under it come lines that begin with `-` or `+`, with "
            "unchanged lines around them that begin with a space."
        )
    return FilePatch("update", path, move_to, chunks=chunks)


def _chunks(lines: _Lines) -> Iterator[Chunk]:
    under: list[str] = []
    while not lines.is_over():
        line = lines.peek()
        header = _UNDER.fullmatch(line.rstrip())
        if header:
            lines.take()
            under += [header[1]] if (header[1] or "").strip() else []
        elif not line:
            lines.take()
        else:
            held, at_end = _chunk_lines(lines)
            yield Chunk(tuple(under), tuple(held), at_end)
            under = []
    if under:
        raise lines.bad("a chunk has to have lines.")


def _chunk_lines(lines: _Lines) -> tuple[Sequence[str], bool]:
    held: list[str] = []
    blank = 0
    while not lines.is_over():
        line = lines.peek()
        if line.rstrip() == _LAST:
            lines.take()
            return _not_empty(lines, held), True
        if line.startswith("@@"):
            break
        lines.take()
        if not line:
            blank += 1
        elif line[0] in " +-":
            # An empty line in between is one whose sign, a space, was lost; at the end of a chunk
            # it may as well stand there for the eye.
            held += [" "] * blank + [line]
            blank = 0
        elif not line.startswith(_NO_NEWLINE):
            raise lines.bad(
                "every line of a chunk begins with a space (it stays), `-` (it goes) or `+` (it "
                "comes), and a new chunk with `@@`."
            )
    return _not_empty(lines, held), False


def _not_empty(lines: _Lines, held: Sequence[str]) -> Sequence[str]:
    if not held:
        raise lines.bad("a chunk has to have lines.")
    return held


def _whole_characters(text: str) -> str:
    """Replace halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
