"""Repositories, their collaborators and branches."""

from demo.github.acts import repositories as acts
from demo.github.acts.pushes import RefMove, pushed
from demo.github.errors import GitHubError, NotFound
from demo.github.git_commit import NewCommit, Person, write_commit
from demo.github.present.commits import branch_json, full_branch_json
from demo.github.present.repositories import (
    collaborator_json,
    full_repository_json,
    permission_json,
)
from demo.github.rest.needs import ADMINISTER, READ_CONTENTS, SEE, WRITE_CONTENTS
from demo.github.routes import Answer, Call, Routes

routes = Routes()


@routes.on("GET", "/repos/<owner>/<repo>", "repos/get", SEE)
@routes.on("GET", "/repositories/<int:repository_id>", "repos/get", SEE)
def get_repository(call: Call) -> Answer:
    """Give a repository."""
    user = call.caller.user
    return Answer(200, full_repository_json(call.state, call.repository, user))


@routes.on("PATCH", "/repos/<owner>/<repo>", "repos/update", ADMINISTER)
def update_repository(call: Call) -> Answer:
    """Change a repository's settings."""
    repository = call.repository
    repository.name = call.body.get("name", repository.name)
    repository.description = call.body.get("description", repository.description)
    repository.private = call.body.get("private", repository.private)
    repository.archived = call.body.get("archived", repository.archived)
    repository.has_issues = call.body.get("has_issues", repository.has_issues)
    repository.default_branch = call.body.get("default_branch", repository.default_branch)
    return get_repository(call)


@routes.on("POST", "/user/repos", "repos/create-for-authenticated-user")
def create_repository(call: Call) -> Answer:
    """Make a repository of one's own."""
    new = acts.NewRepository(
        owner=call.user,
        name=call.text("Repository", "name"),
        private=bool(call.body.get("private", False)),
        description=call.body.get("description"),
    )
    call.found = acts.create_repository(call.state, new)
    return Answer(201, full_repository_json(call.state, call.repository, call.user))


@routes.on("DELETE", "/repos/<owner>/<repo>", "repos/delete", ADMINISTER)
def delete_repository(call: Call) -> Answer:
    """Remove a repository."""
    call.state.repositories.remove(call.repository)
    return Answer(204)


@routes.on("GET", "/repos/<owner>/<repo>/collaborators", "repos/list-collaborators", SEE)
def list_collaborators(call: Call) -> Answer:
    """List who has a role in a repository."""
    repository = call.repository
    logins = [repository.owner.login, *repository.collaborators]
    users = [call.state.user(login) for login in logins]
    shown = [collaborator_json(call.state, repository, each) for each in call.page(users)]
    return Answer(200, shown)


@routes.on(
    "GET",
    "/repos/<owner>/<repo>/collaborators/<login>/permission",
    "repos/get-collaborator-permission-level",
    SEE,
)
def get_permission(call: Call) -> Answer:
    """Say what a user may do in a repository."""
    user = call.state.user(call.path["login"])
    return Answer(200, permission_json(call.state, call.repository, user))


@routes.on("GET", "/repos/<owner>/<repo>/collaborators/<login>", "repos/check-collaborator", SEE)
def check_collaborator(call: Call) -> Answer:
    """Say by the status alone whether a user is a collaborator."""
    login = call.path["login"].lower()
    known = {call.repository.owner.login.lower(), *call.repository.collaborators}
    if login not in known:
        raise NotFound
    return Answer(204)


@routes.on(
    "PUT", "/repos/<owner>/<repo>/collaborators/<login>", "repos/add-collaborator", ADMINISTER
)
def add_collaborator(call: Call) -> Answer:
    """Give a user a role; nobody has to accept an invitation here."""
    user = call.state.user(call.path["login"])
    wanted = str(call.body.get("permission", "push"))
    acts.set_role(call.repository, user, {"push": "write", "pull": "read"}.get(wanted, wanted))
    return Answer(204)


@routes.on(
    "DELETE",
    "/repos/<owner>/<repo>/collaborators/<login>",
    "repos/remove-collaborator",
    ADMINISTER,
)
def remove_collaborator(call: Call) -> Answer:
    """Take a user's role away."""
    acts.set_role(call.repository, call.state.user(call.path["login"]), "none")
    return Answer(204)


@routes.on("GET", "/repos/<owner>/<repo>/branches", "repos/list-branches", READ_CONTENTS)
def list_branches(call: Call) -> Answer:
    """List branches."""
    heads = call.repository.git.refs("refs/heads/")
    shown = [
        branch_json(call.state, call.repository, ref.removeprefix("refs/heads/"), sha)
        for ref, sha in call.page(sorted(heads.items()))
    ]
    return Answer(200, shown)


@routes.on("GET", "/repos/<owner>/<repo>/branches/<path:branch>", "repos/get-branch", READ_CONTENTS)
def get_branch(call: Call) -> Answer:
    """Give a branch with its newest commit."""
    branch = call.path["branch"]
    sha = call.repository.git.ref(f"refs/heads/{branch}")
    if sha is None:
        raise GitHubError(404, "Branch not found")
    return Answer(200, full_branch_json(call.state, call.repository, branch, sha))


@routes.on("POST", "/repos/<owner>/<repo>/merges", "repos/merge", WRITE_CONTENTS)
def merge_branches(call: Call) -> Answer:
    """Merge into a branch: by moving it forward where that is enough, else by a merge commit."""
    git = call.repository.git
    base = call.text("Merge", "base")
    old, new = git.ref(f"refs/heads/{base}"), git.resolve(call.text("Merge", "head"))
    if old is None or new is None:
        raise NotFound
    if git.is_ancestor(new, old):
        return Answer(204)
    if not git.is_ancestor(old, new):
        new = _merge_commit(call, base, old, new)
    git.update_ref(f"refs/heads/{base}", new, old)
    pushed(call.state, call.repository, call.actor, RefMove(f"refs/heads/{base}", old, new))
    return Answer(201, full_branch_json(call.state, call.repository, base, new)["commit"])


def _merge_commit(call: Call, base: str, old: str, new: str) -> str:
    git, now, user = call.repository.git, call.state.now(), call.user
    tree = git.merged_tree(old, new)
    if tree is None:
        raise GitHubError(409, "Merge conflict")
    made = NewCommit(
        tree=tree,
        parents=(old, new),
        author=Person(user.name or user.login, user.email, now),
        committer=Person("GitHub", "noreply@github.com", now),
        message=call.body.get("commit_message") or f"Merge {call.body['head']} into {base}",
    )
    return write_commit(git, made, call.state.signing_key)
