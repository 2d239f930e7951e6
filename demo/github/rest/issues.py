"""Issues and the comments of their conversation."""

from datetime import datetime

from demo.github.acts import conversation
from demo.github.acts import issues as acts
from demo.github.errors import Forbidden, GitHubError
from demo.github.permissions import Need, may
from demo.github.present.issues import comment_json, event_json, issue_json
from demo.github.records import Comment, Issue
from demo.github.rest.needs import READ_ISSUES, SPEAK, TRIAGE, WRITE_ISSUES
from demo.github.routes import Answer, Call, Routes

routes = Routes()
ISSUES = "/repos/<owner>/<repo>/issues"
ISSUE = f"{ISSUES}/<int:number>"
COMMENT = f"{ISSUES}/comments/<int:comment_id>"


def _own_or(call: Call, author_id: int, need: Need) -> None:
    if call.user.id != author_id and not may(call.caller, call.repository, need):
        raise Forbidden("Must have write access to the repository.")


def _since(call: Call, at: float) -> bool:
    since = call.query.get("since")
    return not since or at >= datetime.fromisoformat(since).timestamp()


@routes.on("GET", ISSUES, "issues/list-for-repo", READ_ISSUES)
def list_issues(call: Call) -> Answer:
    """List issues and pull requests, newest first."""
    query = call.query
    state, labels = query.get("state", "open"), query.get("labels", "")
    wanted = {name.lower() for name in labels.split(",") if name}
    found = [
        issue
        for issue in call.repository.issues.values()
        if state in {issue.state, "all"}
        and wanted <= {label.name.lower() for label in issue.labels}
        and query.get("creator", issue.user.login) == issue.user.login
        and _since(call, issue.updated_at)
    ]
    key = (lambda each: each.updated_at) if query.get("sort") == "updated" else _number
    found.sort(key=key, reverse=query.get("direction", "desc") == "desc")
    return Answer(200, [issue_json(call.state, call.repository, each) for each in call.page(found)])


def _number(issue: Issue) -> float:
    return issue.number


@routes.on("POST", ISSUES, "issues/create", SPEAK)
def create_issue(call: Call) -> Answer:
    """Open an issue; labels of people without triage rights are dropped, as GitHub does."""
    names = [
        str(each["name"] if isinstance(each, dict) else each)
        for each in call.body.get("labels") or []
        if may(call.caller, call.repository, TRIAGE)
    ]
    issue = acts.open_issue(
        call.state,
        call.repository,
        call.actor,
        call.body.get("title"),
        call.body.get("body"),
        names,
    )
    logins = call.body.get("assignees") or []
    users = [call.state.user(login) for login in logins]
    acts.assign(call.state, call.repository, issue, call.actor, users)
    return Answer(201, issue_json(call.state, call.repository, issue))


@routes.on("GET", ISSUE, "issues/get", READ_ISSUES)
def get_issue(call: Call) -> Answer:
    """Give an issue."""
    return Answer(200, issue_json(call.state, call.repository, call.issue))


@routes.on("PATCH", ISSUE, "issues/update", SPEAK)
def update_issue(call: Call) -> Answer:
    """Change an issue, close it or open it again."""
    state, repository, issue, body = call.state, call.repository, call.issue, call.body
    _own_or(call, issue.user.id, TRIAGE)
    acts.edit_issue(state, repository, issue, call.actor, body)
    match body.get("state"):
        case "closed":
            acts.close_issue(state, repository, issue, call.actor, body.get("state_reason"))
        case "open":
            acts.reopen_issue(state, repository, issue, call.actor)
        case None:
            pass
        case _:
            raise GitHubError(422, "Validation Failed")
    if "labels" in body:
        names = [str(each["name"] if isinstance(each, dict) else each) for each in body["labels"]]
        acts.set_labels(state, repository, issue, call.actor, names)
    if "assignees" in body:
        users = [state.user(login) for login in body["assignees"]]
        for gone in [each for each in issue.assignees if each not in users]:
            acts.unassign(state, repository, issue, call.actor, gone)
        acts.assign(state, repository, issue, call.actor, users)
    return get_issue(call)


@routes.on("PUT", f"{ISSUE}/lock", "issues/lock", WRITE_ISSUES)
def lock_issue(call: Call) -> Answer:
    """Let only collaborators speak."""
    call.issue.locked, call.issue.lock_reason = True, call.body.get("lock_reason")
    return Answer(204)


@routes.on("DELETE", f"{ISSUE}/lock", "issues/unlock", WRITE_ISSUES)
def unlock_issue(call: Call) -> Answer:
    """Let everybody speak again."""
    call.issue.locked, call.issue.lock_reason = False, None
    return Answer(204)


@routes.on("POST", f"{ISSUE}/assignees", "issues/add-assignees", TRIAGE)
def add_assignees(call: Call) -> Answer:
    """Assign people."""
    users = [call.state.user(login) for login in call.body.get("assignees") or []]
    acts.assign(call.state, call.repository, call.issue, call.actor, users)
    return Answer(201, issue_json(call.state, call.repository, call.issue))


@routes.on("DELETE", f"{ISSUE}/assignees", "issues/remove-assignees", TRIAGE)
def remove_assignees(call: Call) -> Answer:
    """Take assignees off."""
    for login in call.body.get("assignees") or []:
        user = call.state.user(login)
        acts.unassign(call.state, call.repository, call.issue, call.actor, user)
    return Answer(200, issue_json(call.state, call.repository, call.issue))


@routes.on("GET", f"{ISSUE}/events", "issues/list-events", READ_ISSUES)
def list_events(call: Call) -> Answer:
    """List what happened to an issue."""
    events = call.page(call.issue.events)
    return Answer(200, [event_json(call.state, call.repository, each) for each in events])


@routes.on("GET", f"{ISSUE}/comments", "issues/list-comments", READ_ISSUES)
def list_comments(call: Call) -> Answer:
    """List the comments of an issue, oldest first."""
    issue = call.issue
    found = [
        each
        for each in issue.comments
        if _since(call, each.updated_at) and call.state.shows(each.created_at)
    ]
    shown = [comment_json(call.state, call.repository, issue, each) for each in call.page(found)]
    return Answer(200, shown)


@routes.on("GET", f"{ISSUES}/comments", "issues/list-comments-for-repo", READ_ISSUES)
def list_repository_comments(call: Call) -> Answer:
    """List the comments of all issues, oldest first."""
    found: list[tuple[Issue, Comment]] = [
        (issue, comment)
        for issue in call.repository.issues.values()
        for comment in issue.comments
        if _since(call, comment.updated_at)
    ]
    found.sort(key=lambda pair: pair[1].id, reverse=call.query.get("direction") == "desc")
    shown = [comment_json(call.state, call.repository, *pair) for pair in call.page(found)]
    return Answer(200, shown)


@routes.on("POST", f"{ISSUE}/comments", "issues/create-comment", SPEAK)
def create_comment(call: Call) -> Answer:
    """Write a comment."""
    issue = call.issue
    comment = conversation.add_comment(
        call.state, call.repository, issue, call.actor, call.body.get("body")
    )
    shown = comment_json(call.state, call.repository, issue, comment)
    return Answer(201, shown, {"Location": shown["url"]})


@routes.on("GET", COMMENT, "issues/get-comment", READ_ISSUES)
def get_comment(call: Call) -> Answer:
    """Give a comment."""
    pair = call.state.comment(call.repository, call.path["comment_id"])
    return Answer(200, comment_json(call.state, call.repository, *pair))


@routes.on("PATCH", COMMENT, "issues/update-comment", SPEAK)
def update_comment(call: Call) -> Answer:
    """Change what a comment says."""
    issue, comment = call.state.comment(call.repository, call.path["comment_id"])
    _own_or(call, comment.user.id, WRITE_ISSUES)
    conversation.edit_comment(
        call.state, call.repository, issue, comment, call.actor, call.body.get("body")
    )
    return get_comment(call)


@routes.on("DELETE", COMMENT, "issues/delete-comment", SPEAK)
def delete_comment(call: Call) -> Answer:
    """Remove a comment."""
    issue, comment = call.state.comment(call.repository, call.path["comment_id"])
    _own_or(call, comment.user.id, WRITE_ISSUES)
    conversation.delete_comment(call.state, call.repository, issue, comment, call.actor)
    return Answer(204)
