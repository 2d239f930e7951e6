"""Reads which boxes of the bot's own comment a person has ticked, and the command behind each.

A box is a line `- [ ] words <!-- do:command --> <!-- mac:… -->`; the command is what would stand
after `/agent`. The MAC is over it and the comment that it was offered in: a box that was copied
from another comment, or whose hidden command was changed, is no box.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

_BOX = re.compile(
    r"^[ \t]*[-*] \[(?P<tick>[ xX])\] .*?<!-- do:(?P<command>[^<>\n]{1,200}?) -->"
    r"(?: <!-- mac:(?P<mac>[0-9a-f]{32}) -->)?",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Boxes:
    """The boxes in the comments of one thread."""

    secret: bytes
    """What the markers of the bot's own comments are made with."""
    repository_id: int
    number: int

    def sealed(self, text: str) -> str:
        """Return a comment of the bot's, marker first, with its MAC behind every box."""

        def seal(found: re.Match[str]) -> str:
            bare = found[0] if found["mac"] is None else found[0].rpartition(" <!-- mac:")[0]
            return f"{bare} <!-- mac:{self._mac(text, found['command'])} -->"

        return _BOX.sub(seal, text)

    def newly_ticked(self, before: str, after: str, *, sealed: bool = True) -> tuple[str, ...]:
        """Return the commands whose boxes stood there without a tick, and have one now, in order.

        A box that was written in by the edit itself was never offered, so it counts for nothing.
        Those that are not `sealed`, such as from before there were MACs, are for words only.
        """
        ticked = (command for command, ticked in self._read(after, sealed=sealed) if ticked)
        was = self.offered(before, sealed=sealed)
        return tuple(command for command in dict.fromkeys(ticked) if command in was)

    def offered(self, text: str, *, sealed: bool = True) -> frozenset[str]:
        """Return the commands whose boxes have no tick."""
        read = self._read(text, sealed=sealed)
        return frozenset(command for command, ticked in read if not ticked)

    def _read(self, text: str, *, sealed: bool) -> Iterator[tuple[str, bool]]:
        for found in _BOX.finditer(text):
            command = found["command"]
            is_ours = hmac.compare_digest(found["mac"] or "", self._mac(text, command))
            if is_ours is sealed:
                yield command.strip(), found["tick"] != " "

    def _mac(self, text: str, command: str) -> str:
        # The comment's marker, which nobody else can make, says which comment it is. An edit
        # in a browser comes with CRLF.
        marker = text.partition("\n")[0].rstrip("\r")
        said = f"box\n{self.repository_id}:{self.number}\n{marker}\n{command}"
        return hmac.new(self.secret, said.encode(), hashlib.sha256).hexdigest()[:32]
