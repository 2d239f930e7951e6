"""The bare repository of one repository, read and written by git's plumbing commands."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo.github.errors import GitHubError
from demo.github.git_hooks import write_hooks

ZERO = "0" * 40
CLEAN_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}


def git_environment() -> dict[str, str]:
    """Give git nothing of whoever started this process but where programs are."""
    return CLEAN_ENVIRONMENT | {"PATH": os.environ.get("PATH", os.defpath)}


class GitFailed(GitHubError):
    """Git refused; the request that needed it cannot be done."""

    def __init__(self, arguments: tuple[str, ...], said: str) -> None:
        super().__init__(422, f"git {arguments[0]}: {said.strip()}")
        self.said = said


@dataclass(frozen=True)
class TreeEntry:
    """One line of a tree."""

    mode: str
    type: str
    sha: str
    size: int | None
    path: str


class GitStore:
    """Git on one bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: dict[str, str] | None = None,
        ok: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run one git command and give what it wrote."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env=git_environment() | (environment or {}),
        )
        if done.returncode not in ok:
            raise GitFailed(arguments, done.stderr.decode(errors="replace"))
        return done.stdout

    def text(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run one git command and give what it wrote as a stripped text."""
        return self.run(*arguments, stdin=stdin).decode(errors="replace").strip()

    def resolve(self, name: str, kind: str = "commit") -> str | None:
        """Find the id that a branch, tag, full ref or id stands for."""
        for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            said = self.run(
                "rev-parse", "--verify", "--quiet", "--end-of-options",
                f"{candidate}^{{{kind}}}", ok=(0, 1, 128),
            )  # fmt: skip
            if said.strip():
                return said.decode().strip()
        return None

    def ref(self, ref: str) -> str | None:
        """Find what a full ref points to."""
        said = self.run("show-ref", "--verify", "--hash", ref, ok=(0, 1, 128)).decode().strip()
        return said or None

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """List refs below a prefix with what they point to."""
        said = self.text("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        pairs = (line.partition(" ") for line in said.splitlines())
        return {ref: sha for ref, _, sha in pairs}

    def update_ref(self, ref: str, new: str, old: str | None = None) -> None:
        """Set a ref; with `old`, only if it still points there."""
        self.run("update-ref", ref, new, *([old] if old is not None else []))

    def delete_ref(self, ref: str) -> None:
        """Remove a ref."""
        self.run("update-ref", "-d", ref)

    def kind(self, sha: str) -> str | None:
        """Say what type an object has, or None if there is none."""
        said = self.run("cat-file", "-t", sha, ok=(0, 1, 128)).decode().strip()
        return said or None

    def blob(self, sha: str) -> bytes:
        """Read a blob."""
        return self.run("cat-file", "blob", sha)

    def write_object(self, kind: str, content: bytes) -> str:
        """Write an object and give its id."""
        return self.text("hash-object", "-t", kind, "-w", "--stdin", stdin=content)

    def tree(self, treeish: str, *flags: str, path: str = "") -> list[TreeEntry]:
        """List a tree, or one entry of it."""
        places = ["--", path] if path else []
        said = self.run("ls-tree", "-l", "-z", *flags, treeish, *places)
        return [_entry(line) for line in said.split(b"\0") if line]

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Say whether one commit is in the history of another."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), "merge-base", "--is-ancestor", older, newer],
            check=False,
            capture_output=True,
        )
        return done.returncode == 0

    def merge_base(self, one: str, other: str) -> str | None:
        """Find the commit from which two histories part."""
        return self.run("merge-base", one, other, ok=(0, 1)).decode().strip() or None

    def commits(self, *what: str, limit: int | None = None) -> list[str]:
        """List commit ids, newest first."""
        cap = [f"--max-count={limit}"] if limit is not None else []
        return self.text("rev-list", *cap, *what).split()

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """Merge two commits without a work tree; None when they are in conflict."""
        said = self.run("merge-tree", "--write-tree", ours, theirs, ok=(0, 1)).decode()
        tree, _, conflicts = said.partition("\n")
        return None if conflicts.strip() else tree.strip()


def _entry(line: bytes) -> TreeEntry:
    fields, path = line.split(b"\t", 1)
    mode, kind, sha, size = fields.decode().split()
    return TreeEntry(mode, kind, sha, None if size == "-" else int(size), path.decode())


CONFIG = """
[receive]
	fsckObjects = true
	hideRefs = refs/pull
[transfer]
	fsckObjects = true
[http]
	receivepack = true
[uploadpack]
	allowReachableSHA1InWant = true
	allowAnySHA1InWant = true
	allowFilter = true
[core]
	logAllRefUpdates = false
[gc]
	auto = 0
"""


def create_bare(path: Path, default_branch: str) -> GitStore:
    """Make an empty bare repository that checks what it is given, as GitHub's do."""
    path.mkdir(parents=True)
    store = GitStore(path)
    store.run("init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}")
    with (path / "config").open("a") as config:
        config.write(CONFIG)
    write_hooks(path)
    return store
