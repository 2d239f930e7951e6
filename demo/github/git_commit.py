"""Commit objects: reading them, making them, and telling which this GitHub signed itself."""

import re
from dataclasses import dataclass

from demo.github.errors import NotFound
from demo.github.git_store import GitStore
from demo.github.signing import SigningKey

PERSON = re.compile(r"^(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<at>-?\d+) (?P<zone>[+-]\d{4})$")


@dataclass(frozen=True)
class Person:
    """Who wrote or committed, and when."""

    name: str
    email: str
    at: float

    def line(self) -> str:
        """Write it as in a commit object."""
        return f"{self.name} <{self.email}> {int(self.at)} +0000"


@dataclass(frozen=True)
class Commit:
    """A commit object, taken apart."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str
    signature: str | None
    signed_text: bytes


@dataclass(frozen=True)
class NewCommit:
    """A commit object to be."""

    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


def _person(text: str) -> Person:
    found = PERSON.match(text)
    if found is None:
        return Person(text, "", 0.0)
    return Person(found["name"], found["email"], float(found["at"]))


def read_commit(store: GitStore, sha: str) -> Commit:
    """Read a commit object."""
    if store.kind(sha) != "commit":
        raise NotFound
    return parse_commit(sha, store.run("cat-file", "commit", sha))


def parse_commit(sha: str, raw: bytes) -> Commit:
    """Take a commit object apart; what was signed is the object without its signature."""
    head, _, message = raw.partition(b"\n\n")
    headers: list[tuple[str, str]] = []
    for line in head.decode(errors="replace").split("\n"):
        if line.startswith(" ") and headers:
            key, value = headers[-1]
            headers[-1] = (key, f"{value}\n{line[1:]}")
        else:
            key, _, value = line.partition(" ")
            headers.append((key, value))
    fields = dict(headers)
    unsigned = re.sub(rb"\ngpgsig [^\n]*(\n [^\n]*)*", b"", head) + b"\n\n" + message
    return Commit(
        sha=sha,
        tree=fields["tree"],
        parents=tuple(value for key, value in headers if key == "parent"),
        author=_person(fields["author"]),
        committer=_person(fields["committer"]),
        message=message.decode(errors="replace"),
        signature=fields.get("gpgsig"),
        signed_text=unsigned,
    )


def write_commit(store: GitStore, new: NewCommit, key: SigningKey | None = None) -> str:
    """Write a commit object, signed when a key is given."""
    lines = [f"tree {new.tree}", *(f"parent {parent}" for parent in new.parents)]
    lines += [f"author {new.author.line()}", f"committer {new.committer.line()}"]
    text = "\n".join(lines) + "\n\n" + new.message
    if key is not None:
        signature = key.sign(text.encode()).replace("\n", "\n ")
        text = "\n".join([*lines, f"gpgsig {signature}"]) + "\n\n" + new.message
    return store.write_object("commit", text.encode())
