"""A box that is a plain folder: the same two calls as a sandbox, answered by a real shell."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.repository.change import parse
from jobs.sandbox import LimitHit


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    exit_code: int
    output: str
    seconds: float
    timed_out: bool
    limits: tuple[LimitHit, ...] = ()


@dataclass(frozen=True)
class FolderBox:
    """Runs what it is given with the tools of this machine; only for projects of the tests."""

    root: Path
    path: str = os.defpath

    def exec(self, script: str, *, timeout_s: float) -> Ran:
        """Run a script in the folder, with nothing of the test run's own environment."""
        began = time.monotonic()
        environment = {
            "PATH": self.path,
            "HOME": str(self.root.parent),
            "LC_ALL": "C.UTF-8",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # this test run's plugins, which cost seconds
        }
        try:
            ran = subprocess.run(
                ["bash", "-c", script],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            said = (error.stdout or b"").decode("utf-8", "replace")
            return Ran(-1, said, time.monotonic() - began, timed_out=True)
        said = ran.stdout.decode("utf-8", "replace")
        return Ran(ran.returncode, said, time.monotonic() - began, timed_out=False)

    def restore(self, frames: bytes) -> None:
        """Lay files over the folder."""
        for file in parse(frames).files:
            path = self.root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content or b"")


def box(root: Path, files: Mapping[str, str], path: str) -> FolderBox:
    """Make a folder with these files."""
    for name, text in files.items():
        where = root / name
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
    return FolderBox(root, path)
