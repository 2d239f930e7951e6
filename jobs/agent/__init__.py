"""Turns a task into a change: the model thinks, the sandbox acts, the log remembers.

Read in this order: `task` (what goes in and what comes out), `ports` (what the loop asks of the
rooms beside it), `prompt` with `untrusted` (what the model is told first), `loop` and `work` (the
only loop, and what it holds), `conversation` with `steps` (what is known so far, rebuilt from the
log), `entries` and `figures` (a reply as the log keeps it; tokens and money), `tools`, `calls`,
`order`, `turn`, `hands` and `titles` (what the model may call, how a call is understood, put in
order, carried out and named), `people` and `resting` (what people are asked, and say), `abilities`,
`patch`, `explore` and `github_block` (what a task may have beside its six tools), `guidance` (a
folder's own instructions), `attention` (loops, warnings, reminders), `room` (what is left out when
the window gets full), `recap` (what stands for old turns), `window` (servers that cut the history),
`limits` (every number), `gate` with `view`, `debris` and `parses` (what a submission must pass),
`closing` (a run that ends with words instead), `endings` (the words for how it ended).
"""

from jobs.agent.debris import without_caches
from jobs.agent.gate import Gate
from jobs.agent.loop import run
from jobs.agent.ports import TurnDone
from jobs.agent.task import (
    AgentTask,
    Budget,
    CheckRow,
    Ending,
    GateResult,
    IssueComment,
    IssueText,
    Outcome,
    Prices,
    Submission,
)
from jobs.agent.view import SandboxView
from jobs.evidence.check import DeclaredCheck

__all__ = [
    "AgentTask",
    "Budget",
    "CheckRow",
    "DeclaredCheck",
    "Ending",
    "Gate",
    "GateResult",
    "IssueComment",
    "IssueText",
    "Outcome",
    "Prices",
    "SandboxView",
    "Submission",
    "TurnDone",
    "run",
    "without_caches",
]
