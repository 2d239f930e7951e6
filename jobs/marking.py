"""Marks issues and pull requests for people: labels, an assignee and a reviewer."""

from collections.abc import Sequence

import structlog

from bot.comments.labels import STATES, state_label
from bot.github_errors import GitHubError
from bot.github_repository import GitHubRepository
from jobs.job import Job
from records.effects import Ambiguous
from records.task import TaskState

_log = structlog.get_logger()


def mark(job: Job, repository: GitHubRepository, number: int, labels: Sequence[str]) -> None:
    """Set labels, assignee and reviewer, each once; a failure is only logged: they are ornaments.

    GitHub makes a label if there is none. For a pull request all want no more than the
    permission to write pull requests.
    """
    requester = job.task.requester

    def label() -> dict[str, str]:
        repository.add_labels(number, labels)
        return {"label": ", ".join(labels)}

    def assign() -> dict[str, str]:
        repository.add_assignee(number, requester)
        return {"assignee": requester}

    def ask() -> dict[str, str]:
        repository.reviews(number).ask_for_review([requester])
        return {"reviewer": requester}

    def asked() -> dict[str, str] | None:
        names = repository.reviews(number).asked_for_review()
        return {"reviewer": requester} if requester in names else None

    def labelled() -> dict[str, str] | None:
        has = set(labels) <= set(repository.issue(number).labels)
        return {"label": ", ".join(labels)} if has else None

    def assigned() -> dict[str, str] | None:
        return {"assignee": requester} if requester in repository.issue(number).assignees else None

    scope = f"task:{job.task.id}"
    marks = (
        ("label", label, labelled),
        ("assignee", assign, assigned),
        ("reviewer", ask, asked),
    )
    for key, do, look in marks:
        try:
            job.services.effects.once(scope, key, do=do, look=look, lease=job.lease)
        except (GitHubError, Ambiguous) as trouble:
            _log.info("pull_request.not_marked", task=job.task.id, mark=key, error=str(trouble))


def show_state(
    repository: GitHubRepository,
    number: int,
    state: TaskState,
    *,
    asked_by: str,
    verb: str = "fix",
    opens: bool = True,
) -> None:
    """Let an issue carry the label of this state and none of the others.

    `opens` is whether a change of the task's comes as a pull request.

    The label that asked for the task goes too: setting it again asks anew.
    """
    wanted = state_label(state, verb, opens=opens)
    has = set(repository.issue(number).labels)
    for label in sorted(has & {*STATES.values(), asked_by} - {wanted}):
        repository.remove_label(number, label)
    if wanted and wanted not in has:
        repository.add_labels(number, [wanted])
