"""What was meant as a command, and is none: typed, so that each is answered in its own words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DidYouMean:
    """A word that is nearly a command."""

    word: str
    suggestion: str


@dataclass(frozen=True)
class NoSuchOption:
    """An option that this verb does not have."""

    verb: str
    option: str


@dataclass(frozen=True)
class NoValue:
    """An option that says nothing without a value, and has none."""

    verb: str
    option: str


@dataclass(frozen=True)
class LateOption:
    """An option behind the words, where it would be one of them."""

    verb: str
    option: str


@dataclass(frozen=True)
class Misused:
    """A verb with something behind it that it cannot be given, or without what it needs."""

    verb: str


type_of_slip = DidYouMean | NoSuchOption | NoValue | LateOption | Misused
