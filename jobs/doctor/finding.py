"""What a check says: one line, with the mend where something is not as it must be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What was found about one thing."""

    level: Level
    about: str
    words: str
    mend: str = ""

    def line(self) -> str:
        """Return it as one line for people."""
        mend = f"; mend: {self.mend}" if self.mend else ""
        return " ".join(f"{self.level:<7} {self.about}: {self.words}{mend}".split("\n"))

    def cleaned(self, clean: Callable[[str], str]) -> "Finding":
        """Return it without the secrets that `clean` takes out of a text."""
        return replace(self, words=clean(self.words), mend=clean(self.mend))


def ok(about: str, words: str) -> Finding:
    """Say that something is as it must be."""
    return Finding(Level.OK, about, words)


def warning(about: str, words: str, mend: str) -> Finding:
    """Say that something could be better."""
    return Finding(Level.WARNING, about, words, mend)


def fail(about: str, words: str, mend: str) -> Finding:
    """Say that something must be mended before tasks may run."""
    return Finding(Level.FAIL, about, words, mend)
