"""The REST API by topic, each operation under GitHub's own name for it."""

from demo.github.rest import (
    apps,
    commits,
    contents,
    git_data,
    issues,
    labels,
    people,
    pulls,
    reactions,
    repositories,
)
from demo.github.routes import Route


def all_routes() -> list[Route]:
    """List every operation that this GitHub knows."""
    modules = (
        apps,
        people,
        repositories,
        labels,
        issues,
        reactions,
        contents,
        commits,
        git_data,
        pulls,
    )
    return [route for module in modules for route in module.routes.all]
