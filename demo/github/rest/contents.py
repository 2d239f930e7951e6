"""Files and folders of a repository, as they are in a commit."""

import base64
from typing import Any
from urllib.parse import quote

from demo.github.acts.pushes import RefMove, pushed
from demo.github.commit_making import FileChanges, NewVersion, commit_changes
from demo.github.errors import GitHubError, Invalid, NotFound
from demo.github.git_commit import read_commit
from demo.github.git_store import TreeEntry
from demo.github.present.commits import git_commit_json
from demo.github.present.repositories import repository_page, repository_url
from demo.github.rest.needs import READ_CONTENTS, WRITE_CONTENTS
from demo.github.routes import Answer, Call, Routes

routes = Routes()
CONTENTS = "/repos/<owner>/<repo>/contents"
LARGEST_INLINE = 1_000_000


def _kind(entry: TreeEntry) -> str:
    if entry.mode == "120000":
        return "symlink"
    return {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.type]


def entry_json(call: Call, entry: TreeEntry, ref: str) -> dict[str, Any]:
    """Write a file or a folder without its content."""
    url = repository_url(call.state, call.repository)
    page = repository_page(call.state, call.repository)
    path, name = quote(entry.path), entry.path.rpartition("/")[2]
    kind = "trees" if entry.type == "tree" else "blobs"
    own = f"{url}/contents/{path}?ref={quote(ref)}"
    git_url = f"{url}/git/{kind}/{entry.sha}"
    html = f"{page}/{'tree' if entry.type == 'tree' else 'blob'}/{quote(ref)}/{path}"
    return {
        "type": _kind(entry),
        "size": entry.size or 0,
        "name": name,
        "path": entry.path,
        "sha": entry.sha,
        "url": own,
        "git_url": git_url,
        "html_url": html,
        "download_url": f"{page}/raw/{quote(ref)}/{path}" if entry.type == "blob" else None,
        "_links": {"self": own, "git": git_url, "html": html},
    }


def file_json(call: Call, entry: TreeEntry, ref: str) -> dict[str, Any]:
    """Write a file with its content."""
    shown = entry_json(call, entry, ref)
    if entry.type == "commit":
        return shown | {"submodule_git_url": None}
    if (entry.size or 0) > LARGEST_INLINE:
        return shown | {"encoding": "none", "content": ""}
    content = call.repository.git.blob(entry.sha)
    if shown["type"] == "symlink":
        return shown | {"target": content.decode(errors="replace")}
    return shown | {"encoding": "base64", "content": base64.encodebytes(content).decode()}


@routes.on("GET", CONTENTS, "repos/get-content", READ_CONTENTS)
@routes.on("GET", f"{CONTENTS}/", "repos/get-content", READ_CONTENTS)
@routes.on("GET", f"{CONTENTS}/<path:path>", "repos/get-content", READ_CONTENTS)
def get_content(call: Call) -> Answer:
    """Give a file with its content, or a folder as a list."""
    git = call.repository.git
    ref = call.query.get("ref") or call.repository.default_branch
    commit = git.resolve(ref)
    if commit is None:
        raise GitHubError(404, f"No commit found for the ref {ref}")
    path = call.path.get("path", "").strip("/")
    if not path:
        return Answer(200, [entry_json(call, each, ref) for each in git.tree(commit)])
    found = git.tree(commit, path=path)
    if not found:
        raise NotFound
    if found[0].type == "tree":
        inside = git.tree(commit, path=f"{path}/")
        return Answer(200, [entry_json(call, each, ref) for each in inside])
    if "raw" in call.accept:
        media = {"Content-Type": "application/vnd.github.raw; charset=utf-8"}
        return Answer(200, git.blob(found[0].sha), media)
    return Answer(200, file_json(call, found[0], ref))


@routes.on("GET", "/repos/<owner>/<repo>/readme", "repos/get-readme", READ_CONTENTS)
def get_readme(call: Call) -> Answer:
    """Give the README at the top of the repository."""
    git = call.repository.git
    ref = call.query.get("ref") or call.repository.default_branch
    commit = git.resolve(ref)
    for entry in git.tree(commit) if commit else []:
        if entry.type == "blob" and entry.path.lower().startswith("readme"):
            return Answer(200, file_json(call, entry, ref))
    raise NotFound


@routes.on(
    "PUT",
    f"{CONTENTS}/<path:path>",
    "repos/create-or-update-file-contents",
    WRITE_CONTENTS,
)
def put_content(call: Call) -> Answer:
    """Write one file as one commit on a branch."""
    asked = call.body.get("content")
    if not isinstance(asked, str):
        raise Invalid("Content", "content", "missing_field")
    content = base64.b64decode(asked)
    return _change(call, FileChanges(additions={call.path["path"]: content}))


@routes.on("DELETE", f"{CONTENTS}/<path:path>", "repos/delete-file", WRITE_CONTENTS)
def delete_content(call: Call) -> Answer:
    """Remove one file as one commit on a branch."""
    call.text("Content", "sha")
    return _change(call, FileChanges(deletions=(call.path["path"],)))


def _change(call: Call, changes: FileChanges) -> Answer:
    repository, path = call.repository, call.path["path"]
    branch = call.body.get("branch") or repository.default_branch
    before = repository.git.ref(f"refs/heads/{branch}")
    if before is None:
        raise GitHubError(404, f"Branch {branch} not found")
    found = repository.git.tree(before, path=path)
    there = found[0].sha if found else None
    if there != call.body.get("sha"):
        if there is None or call.body.get("sha") is None:
            raise Invalid("Content", "sha", "missing_field", '"sha" wasn\'t supplied.')
        raise GitHubError(409, f"{path} does not match {call.body['sha']}")
    version = NewVersion(branch, before, call.text("Content", "message"), changes)
    sha = commit_changes(call.state, repository, call.caller, version)
    pushed(call.state, repository, call.actor, RefMove(f"refs/heads/{branch}", before, sha))
    now = repository.git.tree(sha, path=path)
    commit = git_commit_json(call.state, repository, read_commit(repository.git, sha))
    content = entry_json(call, now[0], branch) if now else None
    return Answer(200 if there else 201, {"content": content, "commit": commit})
