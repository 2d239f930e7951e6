"""Reads issues and their conversations from the state for the pages."""

import re
from collections.abc import Iterable, Iterator

from demo.github import records
from demo.github.pages.read_repository import Writing, labels, person, reactions
from demo.github.pages.views import (
    Comment,
    Event,
    Issue,
    IssueRow,
    Label,
    TimelineItem,
)
from demo.github.state import State

_NUMBER = re.compile(r"(?<![\w/&])#(\d+)\b")
_INVISIBLE = {"mentioned", "subscribed"}
_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)


def rows(repository: records.Repository, *, pulls: bool) -> list[IssueRow]:
    """All issues, or all pull requests, newest first."""
    chosen = [each for each in repository.issues.values() if (each.pull is not None) == pulls]
    newest = sorted(chosen, key=lambda each: each.number, reverse=True)
    return [row(repository, each) for each in newest]


def row(repository: records.Repository, issue: records.Issue) -> IssueRow:
    """One issue or pull request in a list."""
    pull = issue.pull
    return IssueRow(
        number=issue.number,
        title=issue.title,
        state=issue.state,
        author=person(issue.user),
        at=issue.created_at,
        labels=labels(issue.labels),
        comments=len(issue.comments),
        draft=pull is not None and pull.draft,
        merged=pull is not None and pull.merged_at is not None,
        mood=_mood(repository, pull.head_sha) if pull else "",
    )


def _mood(repository: records.Repository, sha: str) -> str:
    on_head = [each for each in repository.check_runs if each.head_sha == sha]
    runs = list({(each.suite_id, each.name): each for each in on_head}.values())
    if any(each.status != "completed" for each in runs):
        return "waiting"
    if not runs:
        return ""
    good = {"success", "neutral", "skipped"}
    return "good" if all(each.conclusion in good for each in runs) else "bad"


def issue_view(
    state: State,
    repository: records.Repository,
    issue: records.Issue,
    more: Iterable[TimelineItem] = (),
) -> Issue:
    """Read an issue with its conversation; `more` are a pull request's commits and reviews."""
    writing = Writing(state, repository)
    items: list[TimelineItem] = [*more, *_links_from_pulls(repository, issue)]
    items += [writing.comment(f"issuecomment-{each.id}", each) for each in issue.comments]
    items += _events(repository, issue)
    return Issue(
        number=issue.number,
        title=issue.title,
        state=issue.state,
        state_reason=issue.state_reason or "",
        author=writing.person(issue.user),
        at=issue.created_at,
        labels=labels(issue.labels),
        assignees=tuple(person(each) for each in issue.assignees),
        body=_first(writing, issue),
        timeline=tuple(sorted(items, key=lambda item: item.at)),
        locked=issue.locked,
    )


def _first(writing: Writing, issue: records.Issue) -> Comment:
    return Comment(
        anchor=f"issue-{issue.id}",
        author=writing.person(issue.user),
        at=issue.created_at,
        html=writing.html(issue.body),
        reactions=reactions(issue.reactions),
    )


def _events(repository: records.Repository, issue: records.Issue) -> Iterator[Event]:
    for each in issue.events:
        if each.kind in _INVISIBLE:
            continue
        commit = f"/{repository.full_name}/commit/{each.commit_sha}" if each.commit_sha else ""
        yield Event(
            anchor=f"event-{each.id}",
            actor=person(each.actor),
            at=each.created_at,
            name=each.kind,
            label=_label(each.label),
            detail=_detail(issue, each),
            url=commit,
        )


def _label(label: records.Label | None) -> Label | None:
    return labels([label])[0] if label else None


def _detail(issue: records.Issue, event: records.IssueEvent) -> str:
    if event.rename:
        return f"from “{event.rename[0]}” to “{event.rename[1]}”"
    if event.assignee:
        return event.assignee.login
    if event.commit_sha:
        return event.commit_sha[:7]
    # Only the last closing has a reason: the records keep it on the issue.
    closed = event.kind == "closed" and issue.state == "closed" and issue.pull is None
    return issue.state_reason or "" if closed else ""


def _links_from_pulls(repository: records.Repository, issue: records.Issue) -> Iterator[Event]:
    if issue.pull is not None:
        return
    for pull in linked(repository, issue):
        yield Event(
            anchor=f"link-{pull.id}",
            actor=person(pull.user),
            at=pull.created_at,
            name="cross-referenced",
            detail=f"{pull.title} #{pull.number}",
            url=f"/{repository.full_name}/pull/{pull.number}",
        )


def linked(repository: records.Repository, issue: records.Issue) -> list[records.Issue]:
    """Find the pull requests that name an issue, or the issues that a pull request names."""
    if issue.pull is not None:
        named = _numbers(issue.body)
        return [each for each in _all(repository, pulls=False) if each.number in named]
    return [each for each in _all(repository, pulls=True) if issue.number in _numbers(each.body)]


def _all(repository: records.Repository, *, pulls: bool) -> list[records.Issue]:
    return [each for each in repository.issues.values() if (each.pull is not None) == pulls]


def _numbers(text: str | None) -> set[int]:
    return {int(number) for number in _NUMBER.findall(_HIDDEN.sub("", text or ""))}
