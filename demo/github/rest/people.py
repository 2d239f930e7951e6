"""Users, and the few addresses that belong to nobody: limits, meta, the root."""

from demo.github.errors import BadCredentials, Forbidden
from demo.github.present.people import profile_json
from demo.github.present.repositories import repository_json
from demo.github.rate_limits import BUDGET, hour_end
from demo.github.routes import Answer, Call, Routes

routes = Routes()
VERSION = "3.19.0"


@routes.on("GET", "/user", "users/get-authenticated")
def get_me(call: Call) -> Answer:
    """Give the person who calls; an installation is nobody here."""
    if call.caller.installation is not None:
        raise Forbidden
    if call.caller.user is None:
        raise BadCredentials("Requires authentication")
    return Answer(200, profile_json(call.state, call.caller.user))


@routes.on("GET", "/users/<login>", "users/get-by-username")
def get_user(call: Call) -> Answer:
    """Give any user, an organization or a bot."""
    return Answer(200, profile_json(call.state, call.state.user(call.path["login"])))


@routes.on("GET", "/user/<int:account_id>", "users/get-by-id")
def get_user_by_id(call: Call) -> Answer:
    """Give any user by its number, which stays when the login changes."""
    users = {user.id: user for user in call.state.users.values()}
    user = users.get(call.path["account_id"])
    return Answer(200, profile_json(call.state, user or call.state.user("")))


@routes.on("GET", "/user/repos", "repos/list-for-authenticated-user")
def list_my_repositories(call: Call) -> Answer:
    """List the repositories that the person who calls may read."""
    user = call.user
    mine = [each for each in call.state.repositories if each.role_of(user) != "none"]
    return Answer(200, [repository_json(call.state, each, user) for each in call.page(mine)])


@routes.on("GET", "/rate_limit", "rate-limit/get")
def get_rate_limit(call: Call) -> Answer:
    """Say how many requests are left; asking is free."""
    used = call.state.requests_used(call.caller.name)
    core = {
        "limit": BUDGET,
        "used": used,
        "remaining": max(0, BUDGET - used),
        "reset": hour_end(call.state),
    }
    names = ("core", "graphql", "search", "integration_manifest")
    return Answer(200, {"resources": dict.fromkeys(names, core), "rate": core})


@routes.on("GET", "/meta", "meta/get")
def get_meta(call: Call) -> Answer:
    """Say what this server is; clients read the version of an Enterprise Server here."""
    del call
    return Answer(200, {"verifiable_password_authentication": True, "installed_version": VERSION})


@routes.on("GET", "/", "meta/root")
def get_root(call: Call) -> Answer:
    """Say where things are."""
    base = f"{call.state.url}/api/v3"
    return Answer(200, {"current_user_url": f"{base}/user", "rate_limit_url": f"{base}/rate_limit"})
