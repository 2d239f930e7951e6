"""Decides whether a pull request is opened as a draft, or ready for people to review."""

from bot.github_pulls import PullRequest
from bot.project import Project
from jobs.task_log import TaskLog
from records.task import Task, TaskState


def ready_is_wanted(task: Task, project: Project) -> bool:
    """Say whether it is to be ready for review, by the command or else by the project.

    Where the project's file itself says that they are drafts, it has the last word.
    """
    always_draft = project.pr.draft and "pr.draft" in project.said
    if task.brief.get("draft") or always_draft:
        return False
    return bool(task.brief.get("ready")) or not project.pr.draft


def may_be_ready(task: Task) -> bool:
    """Say whether there is nothing that a person has to look at first: all done, and clean."""
    clean = bool(task.evidence and task.evidence.get("clean"))
    return clean and task.state is TaskState.SUCCEEDED


def note_opened(log: TaskLog, opened: PullRequest) -> None:
    """Put on record what was opened, and whether it is a draft."""
    kind = "a draft pull request" if opened.draft else "a pull request, no draft"
    said = {"title": f"open {kind}", "result": f"#{opened.number}", "text": ""}
    log.keep("event", {**said, "draft": opened.draft})
