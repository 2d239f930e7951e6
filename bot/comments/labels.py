"""The labels by which lists of issues and pull requests show how a task stands."""

from records.task import TaskState

PARTIAL = "agent:partial"
STATES = {
    TaskState.RUNNING: "agent:running",
    TaskState.WAITING: "agent:needs-input",
    TaskState.SUCCEEDED: "agent:pr",
    TaskState.PARTIAL: PARTIAL,
    TaskState.NO_CHANGE_NEEDED: "agent:no-change",
    TaskState.CANNOT_REPRODUCE: "agent:needs-input",
    TaskState.NEEDS_INFORMATION: "agent:needs-input",
    TaskState.FAILED: "agent:failed",
}
"""What an issue carries for the state of its newest task; for any other state, none of these."""


def state_label(state: TaskState, verb: str, *, opens: bool = True) -> str | None:
    """Return the label of a task of this verb; what changes nothing comes to no pull request.

    Neither does a change that was asked for without one: then `opens` is false.
    """
    no_pull_request = not opens or verb in {"plan", "ask", "review"}
    if state is TaskState.SUCCEEDED and no_pull_request:
        return None
    return STATES.get(state)


def pull_request_labels(state: TaskState, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels of a pull request that came of a task in this state."""
    return (*usual, PARTIAL) if state is TaskState.PARTIAL else usual
