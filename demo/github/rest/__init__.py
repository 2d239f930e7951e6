"""The REST API by topic, each operation under GitHub's own name for it."""

from functools import cache

from demo.github.rest import (
    apps,
    checks,
    commits,
    contents,
    git_data,
    issues,
    labels,
    manifests,
    people,
    pulls,
    reactions,
    repositories,
    reviews,
    search,
    tags,
    workflows,
)
from demo.github.routes import Route, Table


@cache
def table() -> Table:
    """Every operation that this GitHub knows, put in order once."""
    return Table(all_routes())


def all_routes() -> list[Route]:
    """List every operation."""
    modules = (
        apps,
        manifests,
        people,
        repositories,
        labels,
        issues,
        reactions,
        contents,
        checks,
        commits,
        git_data,
        pulls,
        reviews,
        search,
        tags,
        workflows,
    )
    return [route for module in modules for route in module.routes.all]
