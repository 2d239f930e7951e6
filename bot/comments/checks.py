"""The words about checks: what our own check run shows, and why a failing one is mended."""

from collections.abc import Sequence

from bot.comments.answers import person
from bot.comments.failures import Failure as FailureClass
from bot.comments.frame import fitted
from bot.comments.neutral import code, plain, words
from bot.comments.pull_request import credit
from bot.comments.readable import plural, span
from bot.failing_checks import Failure
from bot.github_checks import Annotation, Button, Conclusion, Report
from records.task import Task, TaskState

NAME = "agent"
"""What the check run is called on every commit."""
STOP, ADDRESS, CI, RETRY, APPROVE, REJECT = "stop", "address", "ci", "retry", "approve", "reject"
_LONGEST = 65_000
_TITLE = 120
_NAMED = 10
_AT_WORK = (Button("Stop", "Stop the task that is at work", STOP),)
_DONE = (
    Button("Address reviews", "Answer the open review threads", ADDRESS),
    Button("Fix CI", "Mend the checks that fail", CI),
    Button("Retry", "Try the last task again", RETRY),
)
_ASKED = (
    Button("Approve", "Let the task go on", APPROVE),
    Button("Reject", "Drop what was proposed", REJECT),
)


def check_report(
    task: Task, body: str, annotations: tuple[Annotation, ...] = (), *, now: float = 0.0
) -> Report:
    """Return what the check run shows for a task; `body` is the text of its status comment."""
    conclusion = _conclusion(task)
    return Report(
        title=plain(_title(task, conclusion, now), _TITLE),
        summary=fitted(body, _LONGEST),
        conclusion=conclusion,
        buttons=_buttons(task, conclusion),
        annotations=annotations,
    )


def not_measured_report(why: str) -> Report:
    """Return what the check run shows on a commit that no task of the bot's has measured."""
    title = "Nothing was measured on this commit"
    return Report(title=title, summary=why, conclusion="neutral", buttons=_DONE)


def _buttons(task: Task, conclusion: Conclusion | None) -> tuple[Button, ...]:
    if conclusion is None:
        return _AT_WORK
    return _ASKED if task.state is TaskState.WAITING else _DONE


def _conclusion(task: Task) -> Conclusion | None:
    """Return how the check run ends; None while a job works."""
    if not task.state.ended and task.state is not TaskState.WAITING:
        return None
    if task.state is TaskState.STOPPED:
        return "cancelled"
    if task.state is TaskState.WAITING or task.reason == FailureClass.POLICY_BLOCKED:
        return "action_required"
    if newly_failing(task):
        return "failure"
    is_clean = task.state is TaskState.SUCCEEDED and (task.evidence or {}).get("clean")
    return "success" if is_clean else "neutral"


def became_public(command: str, task: Task, login: str) -> str:
    """Say why a task does not go on in a repository that all the world can read now."""
    return (
        f"I have stopped task `{task.id}`: {person(login)} has made this repository public while "
        "it was at work, and what it was given may not be for everybody. Somebody with write "
        f"access can look at this thread and then comment `{command} {task.verb}` again."
    )


def newly_failing(task: Task) -> bool:
    """Say whether the evidence has a check that the change broke."""
    rows = (task.evidence or {}).get("rows") or ()
    return any(row.get("verdict") == "newly failing" for row in rows)


def _title(task: Task, conclusion: Conclusion | None, now: float) -> str:
    match conclusion, task.state:
        case None, TaskState.QUEUED:
            title = "Waiting in line"
        case None, _:
            so_far = max(0.0, now - (task.started_at or task.created_at))
            title = f"At work: {plural(task.progress.steps, 'step')} in {span(so_far)}"
        case "action_required", TaskState.WAITING:
            title = "It waits for somebody to decide"
        case "neutral", TaskState.FAILED:
            title = "The task ended without a result"
        case said, _:
            title = _TITLES[said]
    return title


_TITLES: dict[Conclusion, str] = {
    "success": "The evidence is complete and clean",
    "failure": "Something fails that did not fail before",
    "action_required": "It touches what the bot must not change",
    "cancelled": "Stopped",
    "neutral": "Not everything was checked",
}


def flaky_comment(command: str, found: Sequence[Failure], sha: str, *, again: bool) -> str:
    """Say that a failure looks like chance, and what was done about it."""
    done = (
        "I have run it again, once. If it fails again, I take it for the code's fault."
        if again
        else f"I cannot run it again here. If it is the code after all, comment `{command} ci`."
    )
    return f"{_which(found, sha)} This looks like chance, not like the change. {done}"


def outside_comment(command: str, found: Sequence[Failure], sha: str) -> str:
    """Say that something broke that no commit mends."""
    return (
        f"{_which(found, sha)} That is not the code: nothing was changed, and no repair was used "
        "up. Somebody who looks after the checks can run them again; if it is the code after all, "
        f"comment `{command} ci`."
    )


def known_comment(found: Sequence[Failure], base_sha: str) -> str:
    """Say, once, that a check fails without the change as well."""
    base = f" {code(base_sha[:10])}" if base_sha else ""
    names = _names(found)
    are = "was" if len(found) == 1 else "were"
    return (
        f"{names} {are} failing on the base{base} already, so I leave it alone here. I say this "
        "once; a failure that this change brings is still looked at."
    )


def no_more_repairs_comment(command: str, found: Sequence[Failure], sha: str, done: int) -> str:
    """Say that it is a person's turn."""
    return (
        f"{_which(found, sha)} I have tried to mend the checks {plural(done, 'time')} by myself, "
        f"and stop here: please have a look. `{command} ci` has me try once more, and "
        f"`{command} fix …` says what should be different."
    )


def nothing_fails_comment(command: str, sha: str, known: int, running: int) -> str:
    """Say that there is nothing to mend."""
    if not known:
        held = f" If they were held back, `{command} ci run` lets them run."
        return f"No check has run on {code(sha[:10])} yet.{held}"
    more = f" {plural(running, 'check')} still at work." if running else ""
    return f"No check fails on {code(sha[:10])}, so nothing was started.{more}"


def autofix_comment(command: str, attempts: int, *, on: bool) -> str:
    """Say what is done about failing checks from now on."""
    if on:
        return (
            "From now on I mend failing checks of this pull request by myself, where the code is "
            f"to blame: {plural(attempts, 'time')} at most for each commit that I start from. "
            f"`{command} autofix off` ends that."
        )
    return (
        "From now on I leave failing checks of this pull request alone. "
        f"`{command} ci` has me mend them once, `{command} autofix on` always."
    )


def released_comment(sha: str) -> str:
    """Say that the checks run now."""
    return (
        f"The checks run now: {code(sha[:10])} is an empty commit without the word that held them. "
        "What I push later is held again until somebody lets it run."
    )


def not_held_comment() -> str:
    """Say that there was nothing to release."""
    return "Nothing holds the checks back on the head of this branch, so nothing was pushed."


def moved_comment(command: str) -> str:
    """Say that somebody else pushed at the same moment."""
    return (
        "Somebody pushed to the branch at this moment, so I have left it alone. "
        f"If the checks are still held back, comment `{command} ci run` again."
    )


def release_commit(task: Task, login: str, user_id: int) -> tuple[str, str]:
    """Return headline and body of the empty commit that lets the checks run."""
    trailers = [f"Refs: #{task.issue_number}", f"Agent-Task: {task.id}", credit(login, user_id)]
    return "Let the checks run", "\n".join(trailers)


def checks_pass_now(sha: str) -> str:
    """Say that nothing is left to mend."""
    return f"The checks that failed do not fail any more on {sha[:10]}."


def repair_title(names: Sequence[str]) -> str:
    """Return the headline of a repair that the agent gave none."""
    return f"Mend {names[0]}" if len(names) == 1 else "Mend failing checks"


def repaired(sha: str, command: str, *, is_held: bool) -> str:
    """Say that a repair was pushed, and when its checks run."""
    if is_held:
        return (
            f"It is mended in {sha[:10]}; the checks are held back there, and run when somebody "
            f"with write access comments `{command} ci run`."
        )
    return f"It is mended in {sha[:10]}; whether the checks agree, they say on that commit."


def released_why() -> str:
    """Say, in the check run on an empty commit, where the evidence is."""
    return (
        "This commit is empty: it lets the repository's checks run. Its files are those of the "
        "commit before it, and so is the evidence in the pull request's text."
    )


def undone_why(before: str) -> str:
    """Say, in the check run on a commit that takes something back, what the evidence is of."""
    return (
        "This commit takes changes back, and no check of the bot's has run on it. The evidence in "
        f"the pull request's text is of {code(before[:10])}."
    )


def _which(found: Sequence[Failure], sha: str) -> str:
    fails = "fails" if len(found) == 1 else "fail"
    whys = "; ".join(dict.fromkeys(words(one.why, 200) for one in found))
    return f"{_names(found)} {fails} on {code(sha[:10])}: {whys}."


def _names(found: Sequence[Failure]) -> str:
    names = [code(one.run.name, 100) for one in found[:_NAMED]]
    more = [f"{len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return ", ".join([*names, *more])
