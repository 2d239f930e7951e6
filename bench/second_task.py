"""Measures what preparing a project's environment costs the first task, and saves the second."""

import os
import subprocess
import tempfile
from pathlib import Path

from bench.figures import Figure, Measured
from bench.first_command import stages_of
from bench.scripts import nothing_to_do, turn
from bench.world import Run, open_world

_FIRST = (
    "From posting the comment until the first tool call begins in the sandbox, where the project "
    "has a requirement to be installed from PyPI (one small wheel) that nobody installed yet: the "
    "set-up behind its proxy, the snapshot and the project's one test on the base are in it."
)
_SECOND = (
    "The same for the next tasks of that project: no set-up, no network, a sandbox on the snapshot."
)
_READY = (
    "Of that, from the worker's taking the task's lease until the base commit lies in a sandbox on "
    "the snapshot."
)
_FILES = {
    "requirements.txt": "six==1.17.0\n",
    "shop.py": "import six\n\n\ndef text(value):\n    return six.ensure_text(value)\n",
    "tests/test_shop.py": "import shop\n\n\ndef test():\n    assert shop.text(b'a') == 'a'\n",
    "pytest.ini": "[pytest]\npythonpath = .\n",
}
_TURNS = [turn("bash", command="python3 -c 'import six'"), *nothing_to_do()]


def measure(docker_host: str, runs: int) -> Measured:
    """Work on issues of one new project; only its first task sets anything up."""
    with tempfile.TemporaryDirectory(prefix="patchbay-bench-") as folder:
        project = _project(Path(folder))
        issue = Path(__file__).parent / "issue.md"
        with open_world(docker_host, workers=1, repository=str(project), issue=issue) as world:
            issues = [world.open_issue(_TURNS) for _ in range(runs + 1)]
            first, *others = [world.run(number, len(_TURNS)) for number in issues]
            name = "second_task_to_first_command_s"
            return Measured(
                [
                    Figure("set_up_to_first_command_s", "s", [_waited(first)], _FIRST),
                    Figure(name, "s", [_waited(run) for run in others], _SECOND),
                    Figure("second_task_ready_s", "s", [_ready(run) for run in others], _READY,
                           aim=1.0),
                ],
                [stages_of(world, name, others)],
            )  # fmt: skip


def _project(folder: Path) -> Path:
    for name, content in _FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=environment)
    return folder


def _waited(run: Run) -> float:
    began: float = run.task["progress"]["first_command_at"]
    return began - run.asked_at


def _ready(run: Run) -> float:
    ready: float = run.task["progress"]["sandbox_ready_at"]
    return ready - float(run.task["started_at"])
