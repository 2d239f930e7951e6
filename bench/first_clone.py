"""Measures the wait for a repository that is new here: from the comment to the first command."""

import shutil
from pathlib import Path

from bench.figures import Figure, Measured
from bench.first_command import stages_of
from bench.repositories import MIDDLE, made
from bench.scripts import nothing_to_do, turn
from bench.world import World, open_world

_WARM = (
    "From posting the comment until the first tool call begins in the sandbox, in a repository of "
    "35 MB and 2,500 commits on the local GitHub; its mirror warm, a model that answers at once, "
    "no checks and nothing to set up in it."
)
_FIRST = "The same, where nothing of the repository is on this machine: its first clone included."


def measure(docker_host: str, runs: int) -> Measured:
    """Work on issues of a large repository, by turns with its mirror and without it."""
    turns = [turn("bash", command="ls"), *nothing_to_do()]
    issue = Path(__file__).parent / "issue.md"
    with open_world(docker_host, workers=1, repository=str(made(MIDDLE)), issue=issue) as world:
        issues = [world.open_issue(turns) for _ in range(2 * runs)]
        first, warm = [], []
        for cold_one, warm_one in zip(issues[::2], issues[1::2], strict=True):
            _forget(world)
            first.append(world.run(cold_one, len(turns)))
            warm.append(world.run(warm_one, len(turns)))
        clone, again = (
            [one.task["progress"]["first_command_at"] - one.asked_at for one in done]
            for done in (first, warm)
        )
        name = "first_clone_to_first_command_s"
        return Measured(
            [
                Figure(name, "s", clone, _FIRST, aim=5.0),
                Figure("warm_35mb_to_first_command_s", "s", again, _WARM, aim=1.0),
            ],
            [stages_of(world, name, first), stages_of(world, "warm_35mb_to_first_command_s", warm)],
        )


def _forget(world: World) -> None:
    """Take away what is known of the repository."""
    shutil.rmtree(world.house.stage.data / "bot" / "mirrors", ignore_errors=True)
