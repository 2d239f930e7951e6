"""Folders, files and commits of a repository."""

from typing import Any

from flask import Blueprint

from demo.github.errors import NotFound
from demo.github.git_store import GitStore, TreeEntry
from demo.github.pages.read_commit import commit_files, commit_view, parents
from demo.github.pages.read_repository import Writing
from demo.github.pages.site import Site
from demo.github.records import Repository

HERE = "/<owner>/<name>"


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""

    @pages.get(HERE)
    def home(owner: str, name: str) -> str:
        with site.state.lock:
            repository = site.repository(owner, name)
            return _show(site, repository, repository.default_branch, "")

    @pages.get(f"{HERE}/<any(tree, blob):kind>/<path:rest>")
    def at(owner: str, name: str, kind: str, rest: str) -> str:
        del kind
        with site.state.lock:
            repository = site.repository(owner, name)
            return _show(site, repository, *_split(repository.git, rest))

    @pages.get(f"{HERE}/commit/<sha>")
    def commit(owner: str, name: str, sha: str) -> str:
        with site.state.lock:
            repository = site.repository(owner, name)
            whole = repository.git.resolve(sha)
            if whole is None:
                raise NotFound
            return site.page(
                "github/commit.html",
                repository,
                tab="code",
                commit=commit_view(site.state, repository.git, whole),
                files=commit_files(repository.git, whole),
                parents=parents(repository.git, whole),
            )


def _split(store: GitStore, rest: str) -> tuple[str, str]:
    """Tell a branch, whose name may have slashes, from the path after it."""
    parts = rest.strip("/").split("/")
    for count in range(len(parts), 0, -1):
        ref = "/".join(parts[:count])
        if store.resolve(ref) is not None:
            return ref, "/".join(parts[count:])
    raise NotFound


def _show(site: Site, repository: Repository, ref: str, path: str) -> str:
    store = repository.git
    sha = store.resolve(ref)
    steps = path.split("/") if path else []
    shown: dict[str, Any] = {
        "tab": "code",
        "ref": ref,
        "path": path,
        "steps": [(step, "/".join(steps[: i + 1])) for i, step in enumerate(steps)],
        "branches": [each.removeprefix("refs/heads/") for each in store.refs("refs/heads/")],
        "commit": commit_view(site.state, store, sha) if sha else None,
        "entries": [],
        "lines": None,
        "binary": False,
    }
    if sha is not None:
        shown |= _content(site, repository, sha, path)
    return site.page("github/code.html", repository, **shown)


def _content(site: Site, repository: Repository, sha: str, path: str) -> dict[str, object]:
    store = repository.git
    if path:
        found = store.tree(sha, path=path)
        if not found:
            raise NotFound
        if found[0].type != "tree":
            return _file(site, repository, found[0])
    entries = store.tree(f"{sha}:{path}" if path else sha)
    prefix = f"{path}/" if path else ""
    inside = [TreeEntry(e.mode, e.type, e.sha, e.size, prefix + e.path) for e in entries]
    folders_first = sorted(inside, key=lambda each: (each.type != "tree", each.path))
    return {"entries": folders_first} | _readme(site, repository, entries)


def _file(site: Site, repository: Repository, entry: TreeEntry) -> dict[str, object]:
    content = repository.git.blob(entry.sha) if entry.type == "blob" else b""
    if b"\0" in content:
        return {"entries": None, "binary": True}
    text = content.decode(errors="replace")
    if entry.path.endswith(".md"):
        rendered = Writing(site.state, repository).file(text)
        return {"entries": None, "readme": rendered, "readme_name": entry.path}
    return {"entries": None, "lines": text.removesuffix("\n").split("\n")}


def _readme(site: Site, repository: Repository, entries: list[TreeEntry]) -> dict[str, object]:
    for entry in entries:
        if entry.path.lower() == "readme.md" and entry.type == "blob":
            text = repository.git.blob(entry.sha).decode(errors="replace")
            html = Writing(site.state, repository).file(text)
            return {"readme": html, "readme_name": entry.path}
    return {}
