"""The git data API: refs, commits, trees, blobs and tags."""

import base64
from typing import Any

from demo.github.acts.pushes import RefMove, pushed
from demo.github.commit_making import WORKFLOWS, check_path, may_touch_workflows
from demo.github.errors import Forbidden, GitHubError, Invalid, NotFound
from demo.github.git_commit import NewCommit, Person, read_commit, write_commit
from demo.github.present.commits import git_commit_json, ref_json
from demo.github.present.people import node_id
from demo.github.present.repositories import repository_url
from demo.github.rest.needs import READ_CONTENTS, WRITE_CONTENTS
from demo.github.routes import Answer, Call, Routes

routes = Routes()
GIT = "/repos/<owner>/<repo>/git"


@routes.on("GET", f"{GIT}/ref/<path:ref>", "git/get-ref", READ_CONTENTS)
def get_ref(call: Call) -> Answer:
    """Give exactly this ref."""
    ref = f"refs/{call.path['ref']}"
    sha = call.state.seen_ref(call.repository, ref)
    if sha is None:
        raise NotFound
    return Answer(200, ref_json(call.state, call.repository, ref, sha))


@routes.on("GET", f"{GIT}/matching-refs/<path:ref>", "git/list-matching-refs", READ_CONTENTS)
def list_refs(call: Call) -> Answer:
    """List refs that begin so."""
    prefix = f"refs/{call.path['ref']}"
    found = call.repository.git.refs()
    matching = [(ref, sha) for ref, sha in sorted(found.items()) if ref.startswith(prefix)]
    shown = [ref_json(call.state, call.repository, *each) for each in call.page(matching)]
    return Answer(200, shown)


@routes.on("POST", f"{GIT}/refs", "git/create-ref", WRITE_CONTENTS)
def create_ref(call: Call) -> Answer:
    """Make a branch or a tag."""
    ref, sha, git = (
        call.text("Reference", "ref"),
        call.text("Reference", "sha"),
        call.repository.git,
    )
    if not ref.startswith("refs/") or ref.count("/") < 2:  # noqa: PLR2004 - refs/kind/name
        raise GitHubError(422, "Reference name must start with 'refs/'.")
    if git.run("check-ref-format", ref, ok=(0, 1)) is None or not _well_formed(call, ref):
        raise GitHubError(422, "Reference name is not valid")
    if git.kind(sha) is None:
        raise GitHubError(422, "Object does not exist")
    if git.ref(ref) is not None:
        raise GitHubError(422, "Reference already exists")
    git.update_ref(ref, sha)
    pushed(call.state, call.repository, call.actor, RefMove(ref, None, sha))
    shown = ref_json(call.state, call.repository, ref, sha)
    return Answer(201, shown, {"Location": shown["url"]})


def _well_formed(call: Call, ref: str) -> bool:
    said = call.repository.git.run("check-ref-format", "--normalize", ref, ok=(0, 1))
    return said.decode().strip() == ref


@routes.on("PATCH", f"{GIT}/refs/<path:ref>", "git/update-ref", WRITE_CONTENTS)
def update_ref(call: Call) -> Answer:
    """Move a ref; only forwards unless forced."""
    ref, sha, git = f"refs/{call.path['ref']}", call.text("Reference", "sha"), call.repository.git
    old = git.ref(ref)
    if old is None:
        raise GitHubError(422, "Reference does not exist")
    if git.kind(sha) is None:
        raise GitHubError(422, "Object does not exist")
    if not call.body.get("force") and not git.is_ancestor(old, sha):
        raise GitHubError(422, "Update is not a fast forward")
    git.update_ref(ref, sha, old)
    pushed(call.state, call.repository, call.actor, RefMove(ref, old, sha))
    return Answer(200, ref_json(call.state, call.repository, ref, sha))


@routes.on("DELETE", f"{GIT}/refs/<path:ref>", "git/delete-ref", WRITE_CONTENTS)
def delete_ref(call: Call) -> Answer:
    """Remove a branch or a tag."""
    ref, git = f"refs/{call.path['ref']}", call.repository.git
    old = git.ref(ref)
    if old is None:
        raise GitHubError(422, "Reference does not exist")
    git.delete_ref(ref)
    pushed(call.state, call.repository, call.actor, RefMove(ref, old, None))
    return Answer(204)


@routes.on("GET", f"{GIT}/commits/<sha>", "git/get-commit", READ_CONTENTS)
def get_commit(call: Call) -> Answer:
    """Give a commit object."""
    commit = read_commit(call.repository.git, call.path["sha"])
    return Answer(200, git_commit_json(call.state, call.repository, commit))


@routes.on("POST", f"{GIT}/commits", "git/create-commit", WRITE_CONTENTS)
def create_commit(call: Call) -> Answer:
    """Write a commit object; an App's is signed when it names no author of its own."""
    state, git, user = call.state, call.repository.git, call.user
    tree, message = call.text("Commit", "tree"), call.text("Commit", "message")
    parents = tuple(call.body.get("parents") or ())
    if git.kind(tree) != "tree" or any(git.kind(each) != "commit" for each in parents):
        raise GitHubError(422, "Tree SHA does not exist")
    _refuse_workflows(call, tree, parents)
    usual = Person(user.name or user.login, user.email, state.now())
    author = _person(call.body.get("author"), usual)
    committer = _person(call.body.get("committer"), author)
    own = call.caller.installation is not None and not (
        call.body.get("author") or call.body.get("committer")
    )
    new = NewCommit(tree, parents, author, committer, message)
    sha = write_commit(git, new, state.signing_key if own else None)
    return Answer(201, git_commit_json(state, call.repository, read_commit(git, sha)))


def _refuse_workflows(call: Call, tree: str, parents: tuple[str, ...]) -> None:
    if may_touch_workflows(call.caller):
        return
    git = call.repository.git
    ours = git.tree(tree, "-r", path=WORKFLOWS)
    theirs = git.tree(parents[0], "-r", path=WORKFLOWS) if parents else []
    if ours != theirs:
        raise Forbidden


def _person(asked: Any, usual: Person) -> Person:
    if not isinstance(asked, dict):
        return usual
    return Person(asked["name"], asked["email"], usual.at)


@routes.on("GET", f"{GIT}/trees/<path:sha>", "git/get-tree", READ_CONTENTS)
def get_tree(call: Call) -> Answer:
    """List a tree, with all below it when asked."""
    git = call.repository.git
    tree = git.resolve(call.path["sha"], "tree")
    if tree is None:
        raise NotFound
    flags = ["-r", "-t"] if call.query.get("recursive") else []
    return Answer(200, _tree_json(call, tree, flags))


def _tree_json(call: Call, tree: str, flags: list[str]) -> dict[str, Any]:
    url = repository_url(call.state, call.repository)
    entries = []
    for entry in call.repository.git.tree(tree, *flags):
        shown: dict[str, Any] = {
            "path": entry.path,
            "mode": entry.mode,
            "type": entry.type,
            "sha": entry.sha,
        }
        if entry.type != "commit":
            shown["url"] = f"{url}/git/{entry.type}s/{entry.sha}"
        if entry.size is not None:
            shown["size"] = entry.size
        entries.append(shown)
    return {"sha": tree, "url": f"{url}/git/trees/{tree}", "tree": entries, "truncated": False}


@routes.on("POST", f"{GIT}/trees", "git/create-tree", WRITE_CONTENTS)
def create_tree(call: Call) -> Answer:
    """Write a tree, on top of another when `base_tree` is given."""
    git, base = call.repository.git, call.body.get("base_tree")
    entries = {} if base is None else {e.path: (e.mode, e.sha) for e in git.tree(base, "-r")}
    for asked in call.body.get("tree") or []:
        check_path(asked["path"])
        entries.pop(asked["path"], None)
        sha = asked.get("sha")
        if "content" in asked:
            sha = git.write_object("blob", asked["content"].encode())
        if sha is not None:
            entries[asked["path"]] = (asked["mode"], sha)
    return Answer(201, _tree_json(call, write_tree(call, entries), []))


def write_tree(call: Call, entries: dict[str, tuple[str, str]]) -> str:
    """Write nested trees for a flat list of paths."""
    folders: dict[str, dict[str, tuple[str, str]]] = {}
    lines: dict[str, tuple[str, str]] = {}
    for path, entry in entries.items():
        top, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(top, {})[rest] = entry
        else:
            lines[top] = entry
    for name, inside in folders.items():
        lines[name] = ("040000", write_tree(call, inside))
    kinds = {"040000": "tree", "160000": "commit"}
    text = "".join(
        f"{mode} {kinds.get(mode, 'blob')} {sha}\t{name}\0" for name, (mode, sha) in lines.items()
    )
    return call.repository.git.text("mktree", "-z", stdin=text.encode())


@routes.on("GET", f"{GIT}/blobs/<sha>", "git/get-blob", READ_CONTENTS)
def get_blob(call: Call) -> Answer:
    """Give a blob."""
    sha, git = call.path["sha"], call.repository.git
    if git.kind(sha) != "blob":
        raise NotFound
    content = git.blob(sha)
    if "raw" in call.accept:
        return Answer(200, content, {"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    shown = _blob_place(call, sha) | {
        "node_id": node_id("B", sha),
        "size": len(content),
        "encoding": "base64",
        "content": base64.encodebytes(content).decode(),
    }
    return Answer(200, shown)


def _blob_place(call: Call, sha: str) -> dict[str, Any]:
    return {"sha": sha, "url": f"{repository_url(call.state, call.repository)}/git/blobs/{sha}"}


@routes.on("POST", f"{GIT}/blobs", "git/create-blob", WRITE_CONTENTS)
def create_blob(call: Call) -> Answer:
    """Write a blob."""
    content = call.body.get("content")
    if not isinstance(content, str):
        raise Invalid("Blob", "content", "missing_field")
    raw = base64.b64decode(content) if call.body.get("encoding") == "base64" else content.encode()
    sha = call.repository.git.write_object("blob", raw)
    return Answer(201, _blob_place(call, sha))
