"""Finds where a task's code comes from, and makes a repository of it where it is a release."""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from evaluation.instances import Problem
from jobs.repository.git import Git, GitFailed

_SHA = re.compile(r"[0-9a-f]{40}")
_RELEASE = re.compile(
    r"(pypi:[A-Za-z0-9][A-Za-z0-9._-]*==|npm:(?:@[a-z0-9][a-z0-9._~-]*/)?[a-z0-9][a-z0-9._~-]*@)"
    r"[\w.!+-]+"
)
"""Names that begin with a dash or a dot are options or folders to a registry's client."""
_GITHUB = re.compile(r"[\w.-]+/[\w.-]+")
_SSH = re.compile(r"[\w.-]+@[\w.-]+:")
_ADDRESSES = "give an https:// address, a file:// address or the path of a clone"
_WHEN = "@0 +0000"
_IGNORED = (
    "__pycache__/\n*.py[cod]\n.pytest_cache/\n.hypothesis/\n*.egg-info/\n"
    "venv/\n.venv/\nnode_modules/\n"
)
"""What tests leave behind; a release does not say so itself."""
_FETCH_S = 600
_one_by_one = threading.Lock()


class NotBrought(Exception):
    """The code of a task could not be brought here; the message says why."""


@dataclass(frozen=True)
class Origin:
    """What is fetched from: an address for git, and the commit."""

    url: str
    sha: str


def origin_of(problem: Problem, folder: Path) -> Origin:
    """Say where the base commit is; a release is brought into `folder` first, once."""
    try:
        return _origin_of(problem, folder)
    except (OSError, ValueError) as error:  # a path that no file system takes, a full disk
        raise NotBrought(f"{problem.repo[:200]!r} cannot be brought here: {error}") from error


def _origin_of(problem: Problem, folder: Path) -> Origin:
    repo, commit = problem.repo, problem.base_commit
    if _RELEASE.fullmatch(repo):
        with _one_by_one:
            return _in_path(_release(repo, folder), commit)
    if repo.startswith(("pypi:", "npm:")):
        raise NotBrought(f"{repo}: a release is written pypi:NAME==VERSION or npm:NAME@VERSION")
    scheme, is_url, _ = repo.partition("://")
    if is_url and scheme not in {"https", "http", "file"}:
        raise NotBrought(f"{repo}: git is not asked by {scheme}://; {_ADDRESSES}")
    if _SSH.match(repo) and not Path(repo).exists():
        raise NotBrought(f"{repo}: git is not asked by ssh; {_ADDRESSES}")
    if "://" in repo or (_GITHUB.fullmatch(repo) and not Path(repo).is_dir()):
        if not _SHA.fullmatch(commit):
            raise NotBrought(f"{problem.instance_id}: base_commit has to be a whole sha")
        return Origin(repo if "://" in repo else f"https://github.com/{repo}.git", commit)
    return _in_path(Path(repo), commit)


def _in_path(path: Path, commit: str) -> Origin:
    """Name a commit of a repository on this machine."""
    git_dir = path / ".git" if (path / ".git").exists() else path
    try:
        name = f"{commit or 'HEAD'}^{{commit}}"
        out = Git().run(["rev-parse", "--verify", "--end-of-options", name], git_dir=git_dir)
    except GitFailed as failed:
        raise NotBrought(f"{path}: {failed.words}") from failed
    return Origin(path.resolve().as_uri(), out.decode().strip())


def _release(repo: str, folder: Path) -> Path:
    """Make a release the one commit of a repository; the same release gives the same commit."""
    place = folder / hashlib.sha256(repo.encode()).hexdigest()[:16]
    if place.is_dir():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="unpacked-") as made:
        tree = Path(made) / "tree"
        tree.mkdir()
        _unpack(_archive(repo, Path(made)), tree)
        _ignore_leftovers(tree / ".gitignore", repo)
        try:
            _commit(tree, repo)
        except GitFailed as failed:
            raise NotBrought(f"{repo}: {failed.words}") from failed
        tree.rename(place)
    return place


def _archive(repo: str, folder: Path) -> Path:
    """Fetch a release by its registry's own client, without running any of its code."""
    registry, _, wanted = repo.partition(":")
    if registry == "npm":
        said = _run(["npm", "pack", "--loglevel=error", "--ignore-scripts", wanted], folder)
    else:
        fetch = [sys.executable, "-I", str(Path(__file__).with_name("sdist.py"))]
        said = _run([*fetch, *wanted.split("==", 1), str(folder)], folder)
    if not said.strip():
        raise NotBrought(f"{repo}: {registry} brought no file and gave no reason")
    return folder / said.splitlines()[-1].strip()


def _unpack(archive: Path, tree: Path) -> None:
    # tar itself refuses to leave the folder; a registry's archive has one folder at its top.
    _run(["tar", "-x", "-C", str(tree), "--no-same-owner", "--strip-components=1",
          "-f", str(archive)], tree)  # fmt: skip
    # A release could bring a repository, with configuration that names programs.
    for inside in list(tree.rglob(".git")):
        if inside.is_dir() and not inside.is_symlink():
            shutil.rmtree(inside)
        else:
            inside.unlink()


def _ignore_leftovers(path: Path, repo: str) -> None:
    # A link of the release's would be written through, to wherever it points on this machine.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise NotBrought(f"{repo}: its .gitignore is not a file")
    with path.open("a", encoding="utf-8") as ignored:
        ignored.write(f"\n{_IGNORED}")


def _commit(tree: Path, repo: str) -> None:
    git = Git()
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "Release"), ("EMAIL", "release@localhost"), ("DATE", _WHEN))
    }
    git.run(["init", "-q", "-b", "main", "--template=", str(tree)], git_dir=None)
    git.run(["-C", str(tree), "add", "-A"], git_dir=None, timeout_s=_FETCH_S)
    git.run(["-C", str(tree), "commit", "-q", "--no-verify", "-m", f"Release {repo}"],
            git_dir=None, env_extra=who)  # fmt: skip


def _run(command: list[str], folder: Path) -> str:
    """Run a command and return what it printed; NotBrought with its words if it fails."""
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_FETCH_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBrought(f"{command[0]}: {error}") from error
    if ran.returncode != 0:
        raise NotBrought(f"{command[0]}: {(ran.stderr or ran.stdout).strip()[-2000:]}")
    return ran.stdout
