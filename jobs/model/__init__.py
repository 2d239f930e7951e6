"""Speaks with language models over either OpenAI protocol, behind one small interface.

Read in this order: `wire` (the words and the interface), `opening` (which wire is used), `asking`
with `responses`, `chat` and `figures` (the two wires: what goes out, what a reply means), `sending`
with `background` (tries, waits, deadline, stop), `failures` and `cures` (what an error means, and
what is asked differently after it), `connection` (the HTTP client), `streams` (server-sent events),
`history` (the bytes of a request), `arguments` (tool arguments).
"""

from jobs.model.arguments import BadArguments, Parsed, parse_arguments
from jobs.model.opening import open_wire, wire_to
from jobs.model.sending import Patience
from jobs.model.wire import (
    Call,
    Item,
    ModelError,
    ModelErrorKind,
    Reply,
    Stop,
    ToolSpec,
    Usage,
    Wire,
)

__all__ = [
    "BadArguments",
    "Call",
    "Item",
    "ModelError",
    "ModelErrorKind",
    "Parsed",
    "Patience",
    "Reply",
    "Stop",
    "ToolSpec",
    "Usage",
    "Wire",
    "open_wire",
    "parse_arguments",
    "wire_to",
]
