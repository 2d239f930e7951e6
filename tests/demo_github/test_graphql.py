"""GraphQL besides commits: the schema is a part of GitHub's own, and questions are answered."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_specified_scalar_type,
)

from demo.github.graphql.endpoint import read_schema
from tests.demo_github.conftest import World
from tests.fixtures.github_description import GRAPHQL_FILE


def differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    """Say what our schema has and GitHub's has not, or has otherwise."""
    found = []
    name: str
    kind: Any
    for name, kind in ours.type_map.items():
        other: Any = theirs.type_map.get(name)
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        if other is None or type(other) is not type(kind):
            found.append(f"{name} is not in GitHub's schema")
        elif isinstance(kind, GraphQLEnumType):
            found += [f"{name}.{each}" for each in kind.values if each not in other.values]
        elif isinstance(kind, GraphQLUnionType):
            members = {each.name for each in other.types}
            found += [f"{name}: {each.name}" for each in kind.types if each.name not in members]
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            found += _fields(name, kind, other)
    return found


def _fields(name: str, kind: Any, other: Any) -> list[str]:
    found = []
    for field, ours in kind.fields.items():
        theirs = other.fields.get(field)
        if theirs is None or str(theirs.type) != str(ours.type):
            found.append(f"{name}.{field}: {ours.type}, GitHub: {theirs and theirs.type}")
            continue
        for argument, asked in getattr(ours, "args", {}).items():
            known = theirs.args.get(argument)
            if known is None or str(known.type) != str(asked.type):
                found.append(f"{name}.{field}({argument})")
    if isinstance(kind, GraphQLInputObjectType):
        obligatory = {key for key, each in other.fields.items() if str(each.type).endswith("!")}
        found += [f"{name} lacks {each}" for each in obligatory - set(kind.fields)]
    return found


def test_the_schema_is_a_part_of_githubs() -> None:
    theirs = build_schema(GRAPHQL_FILE.read_text(), assume_valid=True)
    assert differences(read_schema(), theirs) == []
    broken = build_schema("type Query { viewer: String! nothing: Int }")
    assert len(differences(broken, theirs)) == 2


def test_an_installation_sees_itself_as_its_bot(world: World) -> None:
    answer = world.graphql(world.token(), "{viewer {login} rateLimit {limit}}")
    assert answer == {"data": {"viewer": {"login": "patchbay[bot]"}, "rateLimit": {"limit": 5000}}}


def test_a_comment_is_hidden_and_shown_again(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    comment = world.github.comment("ann/shop", 1, "patchbay[bot]", "old news")
    token = world.token()
    found = world.graphql(
        token,
        """{repository(owner: "ann", name: "shop") {issue(number: 1) {
             comments(first: 5) {nodes {id author {login __typename}}}}}}""",
    )
    (node,) = found["data"]["repository"]["issue"]["comments"]["nodes"]
    assert node["author"] == {"login": "patchbay", "__typename": "Bot"}
    rest = world.call("GET", f"/repos/ann/shop/issues/comments/{comment}", token).json()
    assert rest["node_id"] == node["id"]
    hidden = world.graphql(
        token,
        """mutation($id: ID!) {minimizeComment(input: {subjectId: $id, classifier: OUTDATED})
             {minimizedComment {isMinimized minimizedReason}}}""",
        id=node["id"],
    )
    shown = hidden["data"]["minimizeComment"]["minimizedComment"]
    assert shown == {"isMinimized": True, "minimizedReason": "outdated"}


def test_a_reaction_through_graphql_is_seen_through_rest(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    token = world.token()
    node_id = world.call("GET", "/repos/ann/shop/issues/1", token).json()["node_id"]
    mutation = """mutation($id: ID!) {addReaction(input: {subjectId: $id, content: EYES})
                    {reaction {content}}}"""
    answer = world.graphql(token, mutation, id=node_id)
    assert answer["data"]["addReaction"]["reaction"] == {"content": "EYES"}
    (reaction,) = world.github.reactions("ann/shop", 1)
    assert (reaction["content"], reaction["user"]["login"]) == ("eyes", "patchbay[bot]")


def test_what_is_not_there_is_said_in_githubs_words(world: World) -> None:
    token = world.token()
    answer = world.graphql(token, '{repository(owner: "ann", name: "other") {id}}')
    assert answer["data"] == {"repository": None}
    assert answer["errors"][0]["type"] == "NOT_FOUND"
    assert answer["errors"][0]["message"] == (
        "Could not resolve to a Repository with the name 'ann/other'."
    )
    assert "nonsense" in world.graphql(token, "{nonsense}")["errors"][0]["message"]
    anonymous = world.http.post(world.github.graphql, json={"query": "{viewer {login}}"}, timeout=5)
    assert anonymous.status_code == 401


def test_github_com_and_enterprise_addresses_both_answer(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token()}"}
    for path in ("/graphql", "/api/graphql"):
        answer = world.http.post(
            world.github.url + path, json={"query": "{viewer {login}}"}, headers=headers, timeout=5
        )
        assert answer.json()["data"]["viewer"]["login"] == "patchbay[bot]"
