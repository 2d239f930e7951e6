"""The words for what keeps a task from being started, before a token is spent: why, and who can."""

from collections.abc import Sequence

from bot.comments.answers import person
from bot.comments.neutral import code, words
from bot.comments.readable import money, plural
from bot.project import PROJECT_FILE

_MOST_PROBLEMS = 10


def no_model_comment() -> str:
    """Say that the operator has named no model."""
    return (
        "I did not start: no model is configured here. Whoever runs this bot names one with the "
        "setting `MODEL`, or several with `PATCHBAY_MODELS`."
    )


def app_permission_comment(what: str) -> str:
    """Say which permission the App lacks, and where to grant it."""
    return (
        f"I did not start: {words(what, 600)}. An owner of the account that the App is installed "
        "in can do that."
    )


def wrong_file_comment(command: str, problems: Sequence[str], branch: str) -> str:
    """Say what is wrong with the project's file."""
    listed = "\n".join(f"- {words(problem, 500)}" for problem in problems[:_MOST_PROBLEMS])
    more = len(problems) - _MOST_PROBLEMS
    rest = f"\n- … and {more} more" if more > 0 else ""
    return (
        f"I did not start: `{PROJECT_FILE}` on {code(branch, 100)} has mistakes, and I do not "
        f"guess what it means.\n\n{listed}{rest}\n\nSomebody with write access can mend it on that "
        f"branch; `{command} config` shows what holds."
    )


def refused_by_label_comment(label: str, *, by_file: bool) -> str:
    """Say that an issue is marked as not for the bot; `by_file`: by a label of the repository."""
    here = f"here by `{PROJECT_FILE}`" if by_file else "wherever a project does not say otherwise"
    return (
        f"I did not start: this is labelled {code(label, 60)}, which sets it aside for people, "
        f"{here}. Somebody with triage access can take the label off."
    )


def plan_first_comment(command: str, label: str) -> str:
    """Say that the issue needs an approved plan."""
    return (
        f"I did not start: this is labelled {code(label, 60)}, for which `{PROJECT_FILE}` wants an "
        f"approved plan first. `{command} plan` makes one."
    )


def protected_path_comment(command: str, path: str, why: str) -> str:
    """Say that a path was asked for that the bot never changes."""
    return (
        f"I did not start: I may not change {code(path, 200)} ({words(why, 200)}). A person has to "
        f"make that change. If the work is elsewhere, say where: `{command} fix --paths=src/** …`."
    )


def bad_paths_comment(command: str, pattern: str) -> str:
    """Say that something is no pattern of paths."""
    return (
        f"I did not start: {code(pattern, 200)} is no pattern of paths from the repository's "
        f"root. It goes like `{command} fix --paths=src/**,tests/** …`."
    )


def outside_paths_comment(pattern: str, only: Sequence[str]) -> str:
    """Say that paths were asked for that the project leaves to people."""
    listed = ", ".join(code(each, 100) for each in only[:_MOST_PROBLEMS])
    return (
        f"I did not start: {code(pattern, 200)} is outside of {listed}, to which `{PROJECT_FILE}` "
        "keeps me. Somebody with write access can change that file."
    )


def no_branch_comment(command: str, branch: str) -> str:
    """Say that the base that was asked for is not there."""
    return (
        f"I did not start: there is no branch {code(branch, 200)} here that I could work from. "
        f"It goes like `{command} fix --base=main …`."
    )


def no_default_branch_comment(command: str, branch: str) -> str:
    """Say that the repository's default branch has nothing on it yet."""
    return (
        f"I did not start: there is nothing on this repository's default branch "
        f"{code(branch, 200)} that I could work from. After the first commit there, "
        f"`{command} help` shows what I can do."
    )


def fork_comment(command: str, verb: str) -> str:
    """Say that a pull request from elsewhere cannot be pushed to."""
    return (
        f"I did not start: this pull request comes from a fork, and I cannot push there, so "
        f"`{command} {verb}` has nowhere to go. Whoever wrote it can bring the branch into this "
        "repository, or make the change; on an issue I can work on it from here."
    )


def many_attempts_comment(asked: int, most: int) -> str:
    """Say that the project allows fewer attempts."""
    return (
        f"I did not start: {plural(asked, 'attempt')} were asked for, and `{PROJECT_FILE}` allows "
        f"{most}. Somebody with write access can change that file."
    )


def busy_person_comment(login: str, most: int, source: str) -> str:
    """Say that somebody has asked for as many tasks as they may a day."""
    return (
        f"I did not start: {person(login)} has asked for {plural(most, 'task')} here in the last "
        f"24 hours, which is the most ({source}). It goes on as the oldest of them get older than "
        "that; somebody else may ask."
    )


def busy_repository_comment(most: int, source: str) -> str:
    """Say that a repository had as many tasks as it may have a day."""
    return (
        f"I did not start: this repository had {plural(most, 'task')} in the last 24 hours, which "
        f"is the most ({source})."
    )


def spent_comment(spent: float, most: float, source: str) -> str:
    """Say that a repository's money for a day is spent."""
    return (
        f"I did not start: the tasks of this repository have cost {money(spent)} in the last 24 "
        f"hours, of {money(most)} ({source})."
    )


def many_open_comment(count: int, most: int) -> str:
    """Say that there are as many open pull requests of the bot's as there may be."""
    return (
        f"I did not start: {plural(count, 'pull request')} of mine "
        f"{'is' if count == 1 else 'are'} open here, and `{PROJECT_FILE}` allows {most}. When one "
        "is merged or closed, I can go on."
    )
