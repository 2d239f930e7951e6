"""Refs, commits, trees and blobs as GraphQL shows them."""

import re

from demo.github.git_commit import Commit, Person, read_commit
from demo.github.graphql.asking import Asking, View, connection
from demo.github.graphql.people_views import actor_view, around
from demo.github.present.commits import user_of, verification_json
from demo.github.present.people import instant, node_id
from demo.github.present.repositories import repository_page
from demo.github.records import Repository

CO_AUTHOR = re.compile(
    r"^co-authored-by: *(?P<name>[^<\n]*?) *<(?P<email>[^>\n]+)>", re.IGNORECASE | re.MULTILINE
)


def ref_view(asking: Asking, repository: Repository, ref: str) -> View | None:
    """Show a ref by its full name."""
    sha = repository.git.ref(ref)
    if sha is None:
        return None
    prefix, _, name = ref.removeprefix("refs/").partition("/")
    return {
        "id": node_id("REF", f"{repository.id}_{ref}"),
        "name": name,
        "prefix": f"refs/{prefix}/",
        "repository": around(repository),
        "target": lambda _info: object_view(asking, repository, sha),
    }


def object_view(asking: Asking, repository: Repository, sha: str) -> View | None:
    """Show a git object of any kind."""
    match repository.git.kind(sha):
        case "commit":
            return commit_view(asking, repository, read_commit(repository.git, sha))
        case "tree":
            return {"__typename": "Tree", "id": node_id("T", sha), "oid": sha}
        case "blob":
            return _blob_view(repository, sha)
        case _:
            return None


def _blob_view(repository: Repository, sha: str) -> View:
    content = repository.git.blob(sha)
    binary = b"\0" in content
    return {
        "__typename": "Blob",
        "id": node_id("B", sha),
        "oid": sha,
        "byteSize": len(content),
        "isBinary": binary,
        "text": None if binary else content.decode(errors="replace"),
    }


def commit_view(asking: Asking, repository: Repository, commit: Commit) -> View:
    """Show a commit."""
    headline, _, body = commit.message.rstrip("\n").partition("\n")
    signature: View | None = None
    if commit.signature is not None:
        checked = verification_json(asking.state, commit)
        signature = {
            "__typename": "SshSignature",
            "isValid": checked["verified"],
            "signature": commit.signature,
        }
    return {
        "__typename": "Commit",
        "id": node_id("C", f"{repository.id}_{commit.sha}"),
        "oid": commit.sha,
        "message": commit.message.rstrip("\n"),
        "messageHeadline": headline,
        "messageBody": body.lstrip("\n"),
        "author": _person_view(asking, commit.author),
        "authors": connection(_authors(commit), lambda each: _person_view(asking, each)),
        "committer": _person_view(asking, commit.committer),
        "authoredDate": instant(commit.author.at),
        "committedDate": instant(commit.committer.at),
        "repository": around(repository),
        "signature": signature,
        "tree": {"__typename": "Tree", "id": node_id("T", commit.tree), "oid": commit.tree},
        "url": f"{repository_page(asking.state, repository)}/commit/{commit.sha}",
    }


def _authors(commit: Commit) -> list[Person]:
    others = [
        Person(found["name"], found["email"], commit.author.at)
        for found in CO_AUTHOR.finditer(commit.message)
    ]
    return [commit.author, *others]


def _person_view(asking: Asking, person: Person) -> View:
    found = user_of(asking.state, person)
    user = actor_view(asking, found) if found is not None and found.type == "User" else None
    return {"name": person.name, "email": person.email, "date": instant(person.at), "user": user}
