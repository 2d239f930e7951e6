"""Pull requests: opening, listing, changing, merging, and their files and commits."""

from demo.github.acts import pulls as acts
from demo.github.acts.issues import close_issue, edit_issue, reopen_issue
from demo.github.diffs import diff_text, file_diffs
from demo.github.errors import Forbidden, GitHubError, NotFound
from demo.github.git_commit import read_commit
from demo.github.permissions import may
from demo.github.present.commits import commit_json, file_json
from demo.github.present.people import user_json
from demo.github.present.pulls import PullRequest, full_pull_json, pull_json
from demo.github.records import Issue
from demo.github.rest.needs import OPEN_PULLS, READ_PULLS, WRITE_CONTENTS, WRITE_PULLS
from demo.github.routes import Answer, Call, Json, Routes

routes = Routes()
PULLS = "/repos/<owner>/<repo>/pulls"
PULL = f"{PULLS}/<int:number>"


def pull_request(call: Call) -> PullRequest:
    """Find the pull request that the path names."""
    issue = call.issue
    if issue.pull is None:
        raise NotFound
    return PullRequest(call.repository, issue, issue.pull)


@routes.on("GET", PULLS, "pulls/list", READ_PULLS)
def list_pulls(call: Call) -> Answer:
    """List pull requests, newest first unless asked otherwise."""
    query, owner = call.query, call.repository.owner.login
    found: list[Issue] = []
    for issue in call.repository.issues.values():
        pull = issue.pull
        if pull is None or query.get("state", "open") not in {issue.state, "all"}:
            continue
        if not call.state.shows(issue.created_at):
            continue
        if query.get("base", pull.base_ref) != pull.base_ref:
            continue
        if query.get("head") not in {None, "", pull.head_ref, f"{owner}:{pull.head_ref}"}:
            continue
        found.append(issue)
    usual = "desc" if query.get("sort", "created") == "created" else "asc"
    found.sort(key=lambda each: each.number, reverse=query.get("direction", usual) == "desc")
    shown = [
        pull_json(call.state, PullRequest(call.repository, each, each.pull))
        for each in call.page(found)
        if each.pull is not None
    ]
    return Answer(200, shown)


@routes.on("POST", PULLS, "pulls/create", OPEN_PULLS)
def create_pull(call: Call) -> Answer:
    """Open a pull request; people need write access to have pushed the branch."""
    new = acts.NewPull(
        title=call.body.get("title"),
        head=call.text("PullRequest", "head"),
        base=call.text("PullRequest", "base"),
        body=call.body.get("body"),
        draft=bool(call.body.get("draft", False)),
        maintainer_can_modify=False,
    )
    issue = acts.open_pull(call.state, call.repository, call.actor, new)
    call.path["number"] = issue.number
    shown = full_pull_json(call.state, pull_request(call))
    return Answer(201, shown, {"Location": shown["url"]})


@routes.on("GET", PULL, "pulls/get", READ_PULLS)
def get_pull(call: Call) -> Answer:
    """Give a pull request: as JSON, as a diff or as patches."""
    request = pull_request(call)
    git, start, head = call.repository.git, request.range_start(), request.pull.head_sha
    if "diff" in call.accept:
        media = {"Content-Type": "application/vnd.github.diff; charset=utf-8"}
        return Answer(200, diff_text(git, start, head), media)
    if "patch" in call.accept:
        media = {"Content-Type": "application/vnd.github.patch; charset=utf-8"}
        return Answer(200, git.run("format-patch", "--stdout", f"{start}..{head}"), media)
    return Answer(200, full_pull_json(call.state, request))


@routes.on("PATCH", PULL, "pulls/update", OPEN_PULLS)
def update_pull(call: Call) -> Answer:
    """Change title, body, base or state."""
    request = pull_request(call)
    state, repository, issue, actor = call.state, call.repository, request.issue, call.actor
    if issue.user.id != actor.user.id and not may(call.caller, repository, WRITE_PULLS):
        raise Forbidden("Must have write access to the repository.")
    edit_issue(state, repository, issue, actor, call.body)
    if call.body.get("base"):
        acts.set_base(state, repository, issue, actor, call.body["base"])
    if call.body.get("state") == "closed":
        close_issue(state, repository, issue, actor)
    elif call.body.get("state") == "open":
        reopen_issue(state, repository, issue, actor)
    return Answer(200, full_pull_json(state, request))


@routes.on("GET", f"{PULL}/files", "pulls/list-files", READ_PULLS)
def list_files(call: Call) -> Answer:
    """List the files that a pull request changes."""
    request = pull_request(call)
    head = request.pull.head_sha
    files = call.page(file_diffs(call.repository.git, request.range_start(), head))
    return Answer(200, [file_json(call.state, call.repository, each, head) for each in files])


@routes.on("GET", f"{PULL}/commits", "pulls/list-commits", READ_PULLS)
def list_commits(call: Call) -> Answer:
    """List the commits of a pull request, oldest first."""
    request, git = pull_request(call), call.repository.git
    shas = git.commits("--reverse", request.pull.head_sha, f"^{request.range_start()}")
    found = [read_commit(git, sha) for sha in call.page(shas)]
    return Answer(200, [commit_json(call.state, call.repository, each) for each in found])


@routes.on("GET", f"{PULL}/merge", "pulls/check-if-merged", READ_PULLS)
def check_merged(call: Call) -> Answer:
    """Say by the status alone whether a pull request is merged."""
    if pull_request(call).pull.merged_at is None:
        raise NotFound
    return Answer(204)


@routes.on("PUT", f"{PULL}/merge", "pulls/merge", WRITE_CONTENTS)
def merge_pull(call: Call) -> Answer:
    """Merge a pull request."""
    request = pull_request(call)
    how = acts.Merge(
        method=call.body.get("merge_method", "merge"),
        title=call.body.get("commit_title"),
        message=call.body.get("commit_message"),
        expected_head=call.body.get("sha"),
    )
    sha = acts.merge_pull(call.state, call.repository, request.issue, call.actor, how)
    body = {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}
    return Answer(200, body)


@routes.on("POST", f"{PULL}/requested_reviewers", "pulls/request-reviewers", WRITE_PULLS)
def request_reviewers(call: Call) -> Answer:
    """Ask people for a review."""
    request = pull_request(call)
    users = [call.state.user(login) for login in call.body.get("reviewers") or []]
    if any(user.id == request.issue.user.id for user in users):
        raise GitHubError(422, "Review cannot be requested from pull request author.")
    acts.request_reviewers(call.state, call.repository, request.issue, call.actor, users)
    return Answer(201, _simple(call, request))


def _simple(call: Call, request: PullRequest) -> Json:
    """Show a pull request where GitHub's description knows no label without a text."""
    shown = pull_json(call.state, request)
    labels = [{**label, "description": label["description"] or ""} for label in shown["labels"]]
    return {**shown, "labels": labels}


@routes.on("DELETE", f"{PULL}/requested_reviewers", "pulls/remove-requested-reviewers", WRITE_PULLS)
def remove_reviewers(call: Call) -> Answer:
    """Ask people for a review no more."""
    request = pull_request(call)
    users = [call.state.user(login) for login in call.body.get("reviewers") or []]
    acts.remove_reviewers(call.state, call.repository, request.issue, call.actor, users)
    return Answer(200, _simple(call, request))


@routes.on("GET", f"{PULL}/requested_reviewers", "pulls/list-requested-reviewers", READ_PULLS)
def list_reviewers(call: Call) -> Answer:
    """List who was asked for a review and has not given one since."""
    asked = pull_request(call).pull.requested_reviewers
    return Answer(200, {"users": [user_json(call.state, each) for each in asked], "teams": []})


@routes.on(
    "GET", "/repos/<owner>/<repo>/commits/<sha>/pulls",
    "repos/list-pull-requests-associated-with-commit", READ_PULLS,
)  # fmt: skip
def list_pulls_of_commit(call: Call) -> Answer:
    """List the pull requests whose newest commit this is."""
    found = [
        PullRequest(call.repository, issue, issue.pull)
        for issue in call.repository.issues.values()
        if issue.pull is not None and issue.pull.head_sha == call.path["sha"]
    ]
    return Answer(200, [pull_json(call.state, each) for each in call.page(found)])
