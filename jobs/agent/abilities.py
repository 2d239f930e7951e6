"""Says what the agent can do beside its six tools, and with what: the caller hands it in."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from jobs.agent.ports import SandboxPort
from jobs.model.wire import Wire
from jobs.setup.wanted import Came
from records.heard import Remark
from records.waits import NewWait, Wait


class Unavailable(Exception):
    """What was asked for cannot be had; the words go to the model."""


@dataclass(frozen=True)
class HelperPort:
    """What a helper that explores is given: a way to the model, and a copy to look at."""

    wire: Callable[[], Wire]
    """Opened for one question and closed after it; may be called from several threads."""
    copy: Callable[[], AbstractContextManager[SandboxPort]]
    """A sandbox with the change as it is now, thrown away at the end; raises Unavailable."""


@dataclass(frozen=True)
class PackagesPort:
    """How the work may ask for packages: people decide, and a set-up brings them in."""

    ask: Callable[[str, dict[str, Any]], NewWait]
    """Makes a wait of a reason and packages, under a key."""
    came: Sequence[Came]
    """What came of all those that were allowed so far."""


@dataclass(frozen=True)
class PeoplePort:
    """How the work may wait for people: what it asks is on record, and so is what they say."""

    may_ask: bool
    """Whether the agent has the tool for questions."""
    said: Callable[[str], Wait | None]
    """Finds what was asked under a key, answered or not."""
    question: Callable[[str, dict[str, Any]], NewWait]
    """Makes a wait of the questions of a call, under a key."""
    more: Callable[[str], NewWait | None]
    """Asks for more of what has run out, which is one of `Ending.cause`; None if in vain."""
    took: Callable[[Remark, int], None]
    """Is told which remark the agent was told, and before which step."""
    packages: PackagesPort | None = None
    """Without it the agent cannot ask for packages."""
    pauses: bool = False
    """Whether the work may rest until its repository has money again; else it ends."""


GitHubPort = Callable[[str, str], str]
"""Takes a kind (issue, pull_request, commit) and a number or commit id; returns a block of other
people's words that is safe to show, or raises Unavailable."""


@dataclass(frozen=True)
class Abilities:
    """What there is of it; by default nothing."""

    patches: bool = False
    """Files are changed with apply_patch, in place of edit and write."""
    helper: HelperPort | None = None
    github: GitHubPort | None = None
    people: PeoplePort | None = None
    day: Callable[[], NewWait | None] = lambda: None
    """Says what is asked of people once the repository's money for a day is used up."""
    heard: Callable[[], Sequence[Remark]] = tuple
    """What people have written on the issue since the work began, oldest first."""


NOTHING = Abilities()
