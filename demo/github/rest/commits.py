"""Commits, and what is different between two of them."""

from demo.github.diffs import diff_text, file_diffs
from demo.github.errors import GitHubError, NotFound
from demo.github.git_commit import Commit, read_commit
from demo.github.present.commits import commit_json, file_json, full_commit_json
from demo.github.present.repositories import repository_page, repository_url
from demo.github.rest.needs import READ_CONTENTS
from demo.github.routes import Answer, Call, Routes

routes = Routes()
COMMITS = "/repos/<owner>/<repo>/commits"
DIFF = {"Content-Type": "application/vnd.github.diff; charset=utf-8"}
PATCH = {"Content-Type": "application/vnd.github.patch; charset=utf-8"}
SHA = {"Content-Type": "application/vnd.github.sha; charset=utf-8"}
MOST_COMMITS = 250


def commit_named(call: Call, name: str) -> Commit:
    """Find a commit by branch, tag or id."""
    sha = call.repository.git.resolve(name)
    if sha is None:
        raise GitHubError(422, f"No commit found for SHA: {name}")
    return read_commit(call.repository.git, sha)


@routes.on("GET", COMMITS, "repos/list-commits", READ_CONTENTS)
def list_commits(call: Call) -> Answer:
    """List commits, newest first."""
    git, query = call.repository.git, call.query
    start = git.resolve(query.get("sha") or call.repository.default_branch)
    if start is None:
        if not query.get("sha"):
            raise GitHubError(409, "Git Repository is empty.")
        raise NotFound
    places = ["--", query["path"]] if query.get("path") else []
    shas = call.page(git.commits(start, *places))
    found = [read_commit(git, sha) for sha in shas]
    return Answer(200, [commit_json(call.state, call.repository, each) for each in found])


@routes.on("GET", f"{COMMITS}/<path:ref>", "repos/get-commit", READ_CONTENTS)
def get_commit(call: Call) -> Answer:
    """Give a commit: as JSON, as its bare id, or as a diff."""
    commit = commit_named(call, call.path["ref"])
    if "sha" in call.accept:
        return Answer(200, commit.sha.encode(), SHA)
    if "diff" in call.accept:
        text = call.repository.git.run("show", "--no-color", "--format=", commit.sha)
        return Answer(200, text, DIFF)
    if "patch" in call.accept:
        text = call.repository.git.run("format-patch", "-1", "--stdout", commit.sha)
        return Answer(200, text, PATCH)
    return Answer(200, full_commit_json(call.state, call.repository, commit))


@routes.on(
    "GET",
    "/repos/<owner>/<repo>/compare/<path:basehead>",
    "repos/compare-commits-with-basehead",
    READ_CONTENTS,
)
def compare(call: Call) -> Answer:
    """Compare two commits from where their histories part."""
    base_name, dots, head_name = call.path["basehead"].partition("...")
    if not dots:
        raise NotFound
    git = call.repository.git
    base, head = git.resolve(_ref(base_name)), git.resolve(_ref(head_name))
    if base is None or head is None:
        raise NotFound
    start = git.merge_base(base, head)
    if start is None:
        raise GitHubError(404, f"No common ancestor between {base_name} and {head_name}.")
    if "diff" in call.accept:
        return Answer(200, diff_text(git, start, head), DIFF)
    ahead, behind = git.commits(head, f"^{base}"), git.commits(base, f"^{head}")
    return Answer(200, _comparison(call, (base, start, head), ahead, behind))


def _ref(name: str) -> str:
    return name.rpartition(":")[2]


def _comparison(
    call: Call, ends: tuple[str, str, str], ahead: list[str], behind: list[str]
) -> dict[str, object]:
    state, repository = call.state, call.repository
    git, (base, start, head) = repository.git, ends
    url, page = repository_url(state, repository), repository_page(state, repository)
    place = f"{page}/compare/{base}...{head}"
    words = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    shown = [read_commit(git, sha) for sha in reversed(ahead)]
    files = file_diffs(git, start, head)
    return {
        "url": f"{url}/compare/{call.path['basehead']}",
        "html_url": place,
        "permalink_url": place,
        "diff_url": f"{place}.diff",
        "patch_url": f"{place}.patch",
        "base_commit": commit_json(state, repository, read_commit(git, base)),
        "merge_base_commit": commit_json(state, repository, read_commit(git, start)),
        "status": words.get((bool(ahead), bool(behind)), "identical"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commit_json(state, repository, each) for each in shown[:MOST_COMMITS]],
        "files": [file_json(state, repository, each, head) for each in files],
    }
