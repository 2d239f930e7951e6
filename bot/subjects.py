"""Whom and what an event is about: people, repositories, issues and pull requests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody on GitHub; the id stays, the login may be renamed."""

    id: int
    login: str
    is_bot: bool


@dataclass(frozen=True)
class Repository:
    """The repository that something happened in."""

    id: int
    full_name: str
    private: bool
    archived: bool
    default_branch: str


@dataclass(frozen=True)
class Issue:
    """An issue, or a pull request's conversation, as the signed payload carried it."""

    id: int
    """Of the issue or, where the event is one of pull requests, of the pull request."""
    number: int
    title: str
    body: str
    author: str
    url: str
    labels: tuple[str, ...]
    is_open: bool
    locked: bool
    is_pull_request: bool
    updated_at: str
    author_id: int = 0
    """0 where the account is gone."""


@dataclass(frozen=True)
class Pull:
    """What a pull request has besides its conversation."""

    head_sha: str
    head_branch: str
    head_repository_id: int
    """0 where the repository of a fork is gone."""
    base_branch: str
    merged: bool
    merge_sha: str
    """The commit that it was merged as, or would be."""
    author_id: int
