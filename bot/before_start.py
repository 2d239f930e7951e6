"""Looks, before a task is made, whether it can come to anything here: else it costs nobody a token.

What is refused, is refused in words: the reason, and who can do something about it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NoReturn

from bot.comments import not_started
from bot.github_errors import Invalid, NotFound
from bot.github_repository import GitHubRepository
from bot.github_reviews import OpenedPullRequest
from bot.manner import check_manner, limits_for
from bot.own_word import WORD
from bot.path_patterns import first_match
from bot.project import PROJECT_FILE, Project
from bot.request import READ_CONTENTS, Request, UserError
from bot.snapshot import with_comments
from bot.vouching import VOUCHED, vouched_by
from records.task import NewTask

_DAY_S = 86_400
READ_PULLS = {"pull_requests": "read", "metadata": "read"}
_READS_ONLY = frozenset({"ask", "plan"})
PERMISSIONS = {
    **dict.fromkeys(_READS_ONLY, READ_CONTENTS),
    "review": {"contents": "read", "pull_requests": "write", "metadata": "read"},
}
"""What a task's later steps will need of the App, by its verb."""
_CHANGES = {"contents": "write", "pull_requests": "write", "metadata": "read"}
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|\.lock$|/$|/\.))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_PATTERN = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[^\x00-\x1f\\`,]{1,200}")
_NAMED_PATH = re.compile(r"(?:^|[\s(`'\"])(?P<path>[\w.@-]+(?:/[\w.@*-]+)+|\.[\w-]+[\w./*-]*)")


def made_ready(new: NewTask, request: Request) -> NewTask:
    """Return the task with the comments it is given and the limits that hold; UserError."""
    context = request.context
    if not context.models:
        _refuse(not_started.no_model_comment(), "no model is configured")
    project = _project(new, request)
    _check_labels(new, project)
    _check_planned(new, project, request)
    brief = dict(new.brief)
    check_manner(brief, project, request)
    if paths := brief.pop("paths", ""):
        brief["paths"] = _paths(paths, project, request)
    else:
        _check_words(new, request)
    if base := brief.get("base") or project.pr.base:
        brief["base"] = _base(str(base), request)
    most = project.limits.attempts
    # A plan that comes before a fix says in how many attempts it is to be carried out.
    attempts = int(brief.get("attempts") or new.wanted_attempts)
    if most and attempts > most:
        words = not_started.many_attempts_comment(attempts, most)
        _refuse(words, f"{attempts} attempts")
    _check_day(new, project, request)
    _check_open(new, project, request)
    brief["limits"] = limits_for(brief, project, request)
    for key in (VOUCHED, WORD):
        brief.pop(key, None)
    if project.trigger.command:
        brief[WORD] = project.trigger.command
    if by := vouched_by(new, project, request):
        brief[VOUCHED] = by
    comments = request.conversation.repository.newest_comments(new.issue_number)
    return replace(new, brief=brief, issue=with_comments(new.issue, comments, request))


def check_app(verb: str, request: Request) -> None:
    """Raise PermissionsMissing unless the App may do all that a task of this verb will need."""
    wanted = PERMISSIONS.get(verb, _CHANGES)
    request.context.github.require(request.event.installation_id, wanted)


def pull_request_here(request: Request, verb: str) -> OpenedPullRequest:
    """Return the thread's pull request, if its branch is one that the bot can push to; UserError.

    One that is gone by now is nowhere to push either.
    """
    event = request.event
    try:
        pull = _repository(request, READ_PULLS).reviews(event.issue.number).opened()
    except NotFound:
        pull = None
    if pull is None or pull.head_repository_id != event.repository.id:
        _refuse(not_started.fork_comment(request.context.command, verb), "it comes from a fork")
    return pull


def _refuse(words: str, why: str, *, once: str = "") -> NoReturn:
    raise UserError(words, why=why, once=once, reaction="-1")


def _project(new: NewTask, request: Request) -> Project:
    """Return what the repository says, if the App may do what the task will need; UserError."""
    event, context = request.event, request.context
    check_app(new.verb, request)
    project = request.project()
    if project.problems:
        branch = event.repository.default_branch
        words = not_started.wrong_file_comment(context.command, project.problems, branch)
        _refuse(words, f"{PROJECT_FILE} has mistakes")
    return project


def _check_labels(new: NewTask, project: Project) -> None:
    refused = {label.lower() for label in project.who.refuse_labels}
    by_file = "who.refuse_labels" in project.said
    for label in new.issue.labels:
        if label.lower() in refused:
            _refuse(
                not_started.refused_by_label_comment(label, by_file=by_file), f"labelled {label}"
            )


def _check_planned(new: NewTask, project: Project, request: Request) -> None:
    """Refuse a fix that needs an approved plan, and has none; UserError."""
    if new.verb != "fix" or new.brief.get("plan"):
        return
    has = {f"label:{label}".lower() for label in new.issue.labels}
    for label in project.plan.required_for:
        if label.lower() in has:
            words = not_started.plan_first_comment(request.context.command, label[len("label:") :])
            raise UserError(words, why=f"{label} wants a plan first")


def _paths(text: str | Sequence[str], project: Project, request: Request) -> list[str]:
    """Return the patterns that were asked for, each within what the bot may change; UserError."""
    command = request.context.command
    asked = text.split(",") if isinstance(text, str) else text
    patterns = [pattern.strip().strip("`") for pattern in asked]
    for pattern in filter(None, patterns):
        if not _PATTERN.fullmatch(pattern):
            _refuse(not_started.bad_paths_comment(command, pattern), "no pattern of paths")
        _check_path(pattern, project.paths.deny, request)
        only = project.paths.only
        if only and not first_match(pattern.rstrip("*/"), only) and pattern not in only:
            _refuse(not_started.outside_paths_comment(pattern, only), "outside of paths.only")
    return list(filter(None, patterns))


def _check_path(path: str, deny: Iterable[str], request: Request) -> None:
    why = request.context.protected(path)
    if not why and (pattern := first_match(path, deny)):
        why = f"`{PROJECT_FILE}` denies `{pattern}`"
    if why:
        words = not_started.protected_path_comment(request.context.command, path, why)
        _refuse(words, f"{path} is protected")


def _check_words(new: NewTask, request: Request) -> None:
    """Refuse a change of which the command itself names nothing but protected paths."""
    if PERMISSIONS.get(new.verb):
        return
    named = [found["path"].rstrip(".,:;") for found in _NAMED_PATH.finditer(new.instruction)]
    if named and all(map(request.context.protected, named)):
        _check_path(named[0], (), request)


def _base(branch: str, request: Request) -> str:
    """Return the branch to work from, which is there; UserError."""
    command = request.context.command
    if not _BRANCH.fullmatch(branch):
        _refuse(not_started.no_branch_comment(command, branch), "no branch")
    try:
        _repository(request, READ_CONTENTS).branch_head(branch)
    except (NotFound, Invalid):
        _refuse(not_started.no_branch_comment(command, branch), f"no branch {branch}")
    return branch


def _check_day(new: NewTask, project: Project, request: Request) -> None:
    """Refuse what is over a day's limits, of the person and of the repository; UserError."""
    context, usage = request.context, request.context.tasks.usage
    since, repository_id = context.now() - _DAY_S, new.repository_id
    limits, today = project.limits, request.today()
    allowance = context.allowance
    most, source = allowance.smaller("per_user_day", limits.per_user_day)
    if most and usage.tasks(repository_id, since, requester_id=new.requester_id) >= most:
        words = not_started.busy_person_comment(new.requester, int(most), source)
        _refuse(words, f"{most} tasks of {new.requester}", once=f"busy:{new.requester_id}:{today}")
    most, source = allowance.smaller("per_repository_day", limits.per_repository_day)
    if most and usage.tasks(repository_id, since) >= most:
        words = not_started.busy_repository_comment(int(most), source)
        _refuse(words, f"{most} tasks of the repository", once=f"busy:{today}")
    most, source = allowance.smaller("usd_day", limits.usd_day)
    if most and (spent := usage.usd(repository_id, since)) >= most:
        words = not_started.spent_comment(spent, most, source)
        _refuse(words, f"{spent:.2f} dollars spent", once=f"spent:{today}")


def _check_open(new: NewTask, project: Project, request: Request) -> None:
    most = project.limits.open_prs
    if most is None or PERMISSIONS.get(new.verb) or new.pull_request_number:
        return
    pulls = _repository(request, READ_PULLS).open_pull_requests()
    if (count := sum(pull.by_bot for pull in pulls)) >= most:
        _refuse(not_started.many_open_comment(count, most), f"{count} pull requests are open")


def _repository(request: Request, permissions: dict[str, str]) -> GitHubRepository:
    event = request.event
    return request.context.github.kept_repository(
        event.installation_id, event.repository.id, permissions
    )
