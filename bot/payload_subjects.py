"""Reads who did something, and in which repository and thread, out of a delivery's JSON."""

from typing import Any

from bot.payload_fields import Fields, Unfit
from bot.subjects import Issue, Person, Pull, Repository

_LONGEST_LOGIN = 100


def in_repository(fields: Fields) -> dict[str, Any]:
    """Read the fields of `InRepository`; Unfit."""
    return {
        "installation_id": fields.object("installation").id("id"),
        "repository": _repository(fields.object("repository")),
        "sender": person(fields.object("sender")),
    }


def on_thread(fields: Fields) -> dict[str, Any]:
    """Read the fields of `OnIssue`, from an issue or from a pull request; Unfit."""
    if fields.missing("issue") and not fields.missing("pull_request"):
        thread = fields.object("pull_request")
        return {**in_repository(fields), "issue": _issue(thread, is_pull_request=True)}
    thread = fields.object("issue")
    is_pull_request = not thread.missing("pull_request")
    return {**in_repository(fields), "issue": _issue(thread, is_pull_request=is_pull_request)}


def on_pull_request(fields: Fields) -> dict[str, Any]:
    """Read the fields of `OnPullRequest`; Unfit."""
    pull = fields.object("pull_request")
    return {
        **in_repository(fields),
        "issue": _issue(pull, is_pull_request=True),
        "pull": _pull(pull),
    }


def person(fields: Fields) -> Person:
    """Read an account; Unfit."""
    login = fields.text("login")
    if len(login) > _LONGEST_LOGIN:
        raise Unfit("payload.sender.login is over 100 characters")
    is_person = fields.optional_text("type") == "User" and not login.endswith("[bot]")
    return Person(fields.id("id"), login, is_bot=not is_person)


def _repository(fields: Fields) -> Repository:
    return Repository(
        id=fields.id("id"),
        full_name=fields.text("full_name"),
        private=fields.flag("private"),
        archived=fields.flag("archived"),
        default_branch=fields.optional_text("default_branch"),
    )


def _issue(fields: Fields, *, is_pull_request: bool) -> Issue:
    author = None if fields.missing("user") else fields.object("user")
    return Issue(
        id=fields.id("id"),
        number=fields.id("number"),
        title=fields.text("title"),
        body=fields.optional_text("body"),
        author=author.text("login") if author else "",
        author_id=author.id("id") if author else 0,
        url=fields.text("html_url"),
        labels=tuple(label.text("name") for label in fields.objects("labels")),
        is_open=fields.text("state") == "open",
        locked=fields.flag("locked"),
        is_pull_request=is_pull_request,
        updated_at=fields.text("updated_at"),
    )


def _pull(fields: Fields) -> Pull:
    head, base = fields.object("head"), fields.object("base")
    return Pull(
        head_sha=head.text("sha"),
        head_branch=head.text("ref"),
        head_repository_id=0 if head.missing("repo") else head.object("repo").id("id"),
        base_branch=base.text("ref"),
        merged=fields.flag("merged") or not fields.missing("merged_at"),
        merge_sha=fields.optional_text("merge_commit_sha"),
        author_id=0 if fields.missing("user") else fields.object("user").id("id"),
    )
