"""Commits, refs, trees and changed files as GitHub's JSON."""

from typing import Any
from urllib.parse import quote

from demo.github.diffs import EMPTY_TREE, FileDiff, file_diffs
from demo.github.git_commit import Commit, Person, read_commit
from demo.github.present.people import instant, node_id, user_or_none_json
from demo.github.present.repositories import repository_page, repository_url
from demo.github.records import Repository, User
from demo.github.state import State

Json = dict[str, Any]


def verification_json(state: State, commit: Commit) -> Json:
    """Say whether this GitHub made the commit itself: only then is it verified."""
    if commit.signature is None:
        reason, verified = "unsigned", False
    else:
        verified = state.signing_key.verifies(commit.signed_text, commit.signature)
        reason = "valid" if verified else "unknown_key"
    return {
        "verified": verified,
        "reason": reason,
        "signature": commit.signature,
        "payload": commit.signed_text.decode(errors="replace") if commit.signature else None,
        "verified_at": instant(commit.committer.at) if verified else None,
    }


def person_json(person: Person) -> Json:
    """Write an author or a committer as the commit object has it."""
    return {"name": person.name, "email": person.email, "date": instant(person.at)}


def user_of(state: State, person: Person) -> User | None:
    """Find the account behind an author's address."""
    for user in state.users.values():
        if person.email.lower() in {user.email.lower(), f"{user.login}@users.noreply.github.com"}:
            return user
    return None


def _parents(state: State, repository: Repository, commit: Commit, kind: str) -> list[Json]:
    url, page = repository_url(state, repository), repository_page(state, repository)
    return [
        {"sha": each, "url": f"{url}/{kind}/{each}", "html_url": f"{page}/commit/{each}"}
        for each in commit.parents
    ]


def git_commit_json(state: State, repository: Repository, commit: Commit) -> Json:
    """Write a commit as the git data API does."""
    url, page = repository_url(state, repository), repository_page(state, repository)
    return {
        "sha": commit.sha,
        "node_id": node_id("C", f"{repository.id}_{commit.sha}"),
        "url": f"{url}/git/commits/{commit.sha}",
        "html_url": f"{page}/commit/{commit.sha}",
        "author": person_json(commit.author),
        "committer": person_json(commit.committer),
        "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
        "message": commit.message.rstrip("\n"),
        "parents": _parents(state, repository, commit, "git/commits"),
        "verification": verification_json(state, commit),
    }


def commit_json(state: State, repository: Repository, commit: Commit) -> Json:
    """Write a commit as in lists."""
    url, page = repository_url(state, repository), repository_page(state, repository)
    return {
        "sha": commit.sha,
        "node_id": node_id("C", f"{repository.id}_{commit.sha}"),
        "commit": {
            "author": person_json(commit.author),
            "committer": person_json(commit.committer),
            "message": commit.message.rstrip("\n"),
            "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
            "url": f"{url}/git/commits/{commit.sha}",
            "comment_count": 0,
            "verification": verification_json(state, commit),
        },
        "url": f"{url}/commits/{commit.sha}",
        "html_url": f"{page}/commit/{commit.sha}",
        "comments_url": f"{url}/commits/{commit.sha}/comments",
        "author": user_or_none_json(state, user_of(state, commit.author)),
        "committer": user_or_none_json(state, user_of(state, commit.committer)),
        "parents": _parents(state, repository, commit, "commits"),
    }


def full_commit_json(state: State, repository: Repository, commit: Commit) -> Json:
    """Write a commit with the files that it changed."""
    before = commit.parents[0] if commit.parents else EMPTY_TREE
    files = file_diffs(repository.git, before, commit.sha)
    added, removed = sum(each.additions for each in files), sum(each.deletions for each in files)
    return commit_json(state, repository, commit) | {
        "stats": {"total": added + removed, "additions": added, "deletions": removed},
        "files": [file_json(state, repository, each, commit.sha) for each in files],
    }


def file_json(state: State, repository: Repository, file: FileDiff, sha: str) -> Json:
    """Write one changed file."""
    url, page, path = (
        repository_url(state, repository),
        repository_page(state, repository),
        quote(file.path),
    )
    shown: Json = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{page}/blob/{sha}/{path}",
        "raw_url": f"{page}/raw/{sha}/{path}",
        "contents_url": f"{url}/contents/{path}?ref={sha}",
    }
    if file.patch is not None:
        shown["patch"] = file.patch
    if file.previous_path is not None:
        shown["previous_filename"] = file.previous_path
    return shown


def ref_json(state: State, repository: Repository, ref: str, sha: str) -> Json:
    """Write a ref with what it points to."""
    url = repository_url(state, repository)
    kind = repository.git.kind(sha) or "commit"
    return {
        "ref": ref,
        "node_id": node_id("REF", f"{repository.id}_{ref}"),
        "url": f"{url}/git/{quote(ref)}",
        "object": {"type": kind, "sha": sha, "url": f"{url}/git/{kind}s/{sha}"},
    }


def branch_json(state: State, repository: Repository, name: str, sha: str) -> Json:
    """Write a branch as in the list."""
    url = repository_url(state, repository)
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "protected": False,
    }


def full_branch_json(state: State, repository: Repository, name: str, sha: str) -> Json:
    """Write a branch as on its own address."""
    url = f"{repository_url(state, repository)}/branches/{quote(name)}"
    page = f"{repository_page(state, repository)}/tree/{quote(name)}"
    return {
        "name": name,
        "commit": commit_json(state, repository, read_commit(repository.git, sha)),
        "_links": {"self": url, "html": page},
        "protected": False,
        "protection": {
            "enabled": False,
            "required_status_checks": {
                "enforcement_level": "off",
                "contexts": [],
                "checks": [],
            },
        },
        "protection_url": f"{url}/protection",
    }
