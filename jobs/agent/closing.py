"""Lets a run of the loop end with words instead of a change: its rules, and its last tool.

Such a run has the tools that look, in a sandbox that is thrown away, and `submit` with fields of
its own. What is handed in is checked; what is wrong with it the model is told, as often as the gate
would, and then it is taken as it is: the caller leaves out what does not hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.model.wire import ToolSpec

Handed = dict[str, Any]
"""What was handed in, as the last tool's schema has it."""


@dataclass(frozen=True)
class Again:
    """Something that people said of what was handed in, after which the work goes on."""

    note: str
    """By which it is known that it was said already."""
    words: str


@dataclass(frozen=True)
class Closing:
    """How such a run goes and ends."""

    system: str
    """The rules, the same for every task of the kind."""
    tool: ToolSpec
    """Its name is that of the tool that hands a change in, and habits lead there."""
    check: Callable[[Handed], tuple[str, ...]]
    """Says what is wrong with what was handed in, a line each, for the model to mend."""
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other names by which a model may give a field of the tool."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What a field is where a model leaves it out."""
    again: tuple[Again, ...] = ()
