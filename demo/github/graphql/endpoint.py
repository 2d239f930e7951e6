"""Answers GraphQL questions over HTTP."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.language import FieldNode

from demo.github.auth import Caller
from demo.github.dispatch import Dispatcher
from demo.github.errors import BadCredentials, BadRequest, GitHubError, NotFound
from demo.github.finding import find_issues
from demo.github.graphql.asking import Asking, Refused, View, connection, refusal, unresolved
from demo.github.graphql.comment_mutations import subject_view
from demo.github.graphql.conversation_views import issue_or_pull_view
from demo.github.graphql.mutations import MUTATIONS, run
from demo.github.graphql.people_views import actor_view, viewer_view
from demo.github.graphql.repository_views import repository_view
from demo.github.permissions import Need
from demo.github.present.people import instant
from demo.github.rate_limits import BUDGET, hour_end
from demo.github.routes import Answer
from demo.github.state import State

# GitHub lets two fragments ask for a field under one name with different types: `gh` relies on it.
RULES = [each for each in specified_rules if each is not OverlappingFieldsCanBeMergedRule]
SCHEMA_FILE = Path(__file__).parent / "schema.graphql"


def graphql_blueprint(state: State, dispatcher: Dispatcher) -> Blueprint:
    """Serve GraphQL where GitHub and Enterprise Server have it."""
    blueprint = Blueprint("graphql", __name__)
    schema = read_schema()

    def ask() -> Response:
        question = request.get_json(silent=True)

        def work(caller: Caller) -> Answer:
            if caller.user is None:
                raise BadCredentials("This endpoint requires you to be authenticated.")
            if not isinstance(question, dict) or not isinstance(question.get("query"), str):
                raise BadRequest("A query attribute must be specified and must be a string.")
            return Answer(200, _answer(schema, Asking(state, caller), question))

        return dispatcher.respond(operation_name(question), work)

    for path in ("/graphql", "/api/graphql"):
        blueprint.add_url_rule(path, endpoint=path.strip("/").replace("/", "-"), view_func=ask,
                               methods=["POST"])  # fmt: skip
    return blueprint


@cache
def read_schema() -> GraphQLSchema:
    """Read the schema, once for all servers of a process."""
    return build_schema(SCHEMA_FILE.read_text())


def operation_name(question: Any) -> str:
    """Name a question for faults and records: `graphql/<mutation>`, or `graphql/query`."""
    try:
        document = parse(question["query"])
        operation = get_operation_ast(document, question.get("operationName"))
    except (GraphQLError, KeyError, TypeError):
        return "graphql/query"
    if operation is None or operation.operation is not OperationType.MUTATION:
        return "graphql/query"
    fields = [e.name.value for e in operation.selection_set.selections if isinstance(e, FieldNode)]
    return f"graphql/{fields[0]}"


def _answer(schema: GraphQLSchema, asking: Asking, question: dict[str, Any]) -> View:
    try:
        document = parse(question["query"])
    except GraphQLError as error:
        return _shown(ExecutionResult(errors=[error]))
    complaints = validate(schema, document, RULES)
    if complaints:
        return _shown(ExecutionResult(errors=complaints))
    result = execute_sync(
        schema,
        document,
        root_value=_roots(asking),
        variable_values=question.get("variables") or {},
        operation_name=question.get("operationName"),
    )
    return _shown(result)


def _shown(result: ExecutionResult) -> View:
    shown: View = {} if result.data is None else {"data": result.data}
    if result.errors:
        shown["errors"] = [_error(each) for each in result.errors]
        shown.setdefault("data", None)
    return json.loads(json.dumps(shown))  # type: ignore[no-any-return]


def _error(error: GraphQLError) -> View:
    shown: View = {"message": error.message}
    if isinstance(error.original_error, Refused):
        shown["type"] = error.original_error.kind
    if error.path:
        shown["path"] = list(error.path)
    if error.locations:
        shown["locations"] = [{"line": e.line, "column": e.column} for e in error.locations]
    return shown


def _roots(asking: Asking) -> dict[str, Callable[..., Any]]:
    def repository(_info: Any, owner: str, name: str, **_: Any) -> View:
        return repository_view(asking, asking.repository(owner, name))

    def user(_info: Any, login: str) -> View:
        try:
            return actor_view(asking, asking.state.user(login))
        except NotFound:
            message = f"Could not resolve to a User with the login of '{login}'."
            raise Refused("NOT_FOUND", message) from None

    def search(info: Any, query: str, **how: Any) -> View:
        hits = find_issues(asking.state, asking.caller, query)
        found = connection(hits, lambda hit: issue_or_pull_view(asking, *hit))(info, **how)
        return found | {"issueCount": len(hits)}

    def mutation(name: str) -> Callable[..., View]:
        return lambda _info, **arguments: run(asking, name, arguments["input"])

    return {
        "repository": repository,
        "search": search,
        "user": user,
        "viewer": lambda _info: viewer_view(asking),
        "node": lambda _info, **how: _node(asking, how["id"]),
        "rateLimit": lambda _info, **_: _rate_limit(asking),
        **{name: mutation(name) for name in MUTATIONS},
    }


def _node(asking: Asking, node_id: str) -> View:
    kind, _, number = node_id.rpartition("_")
    try:
        if kind == "R":
            found = asking.state.repository_by_id(int(number))
            asking.allow(found, Need())
            return repository_view(asking, found)
        if kind in {"U", "BOT", "O"}:
            users = {str(each.id): each for each in asking.state.users.values()}
            return actor_view(asking, users[number])
    except (GitHubError, KeyError, ValueError) as error:
        if isinstance(error, NotFound | KeyError | ValueError):
            raise unresolved(node_id) from None
        raise refusal(error) from None
    return subject_view(asking, asking.find(node_id, Need(("issues", "pull_requests"))))


def _rate_limit(asking: Asking) -> View:
    used = asking.state.requests_used(asking.caller.name)
    return {
        "cost": 1,
        "limit": BUDGET,
        "used": used,
        "remaining": max(0, BUDGET - used),
        "resetAt": instant(hour_end(asking.state)),
    }
