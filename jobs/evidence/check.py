"""What a check is: a command of the project, or one that the agent says shows something."""

import shlex
from dataclasses import dataclass, replace
from enum import StrEnum

CHECK_TIMEOUT_S = 300.0
CHANGED_TESTS = "{changed_tests}"


class Runner(StrEnum):
    """What runs the tests behind `npm test`, where that can be told."""

    NODE = "node"
    JEST = "jest"
    VITEST = "vitest"
    MOCHA = "mocha"
    UNKNOWN = ""


@dataclass(frozen=True)
class Check:
    """A command of the project; `{changed_tests}` in it stands for the change's test files."""

    name: str
    command: str
    timeout_s: float = CHECK_TIMEOUT_S
    source: str = ""
    required: bool = False
    """The project itself says that this check counts, so that it may not be left out quietly."""
    runner: Runner = Runner.UNKNOWN

    @property
    def wants_changed_tests(self) -> bool:
        """Say whether the command is about the change's own test files."""
        return CHANGED_TESTS in self.command

    def about(self, test_files: tuple[str, ...]) -> "Check":
        """Put the change's test files into the command; the names are hostile, so quoted."""
        files = " ".join(
            shlex.quote(f"./{path}" if path.startswith("-") else path) for path in test_files
        )
        return replace(self, command=self.command.replace(CHANGED_TESTS, files))


@dataclass(frozen=True)
class DeclaredCheck:
    """A command that the agent names as proof, and what it says that it shows."""

    command: str
    shows: str
