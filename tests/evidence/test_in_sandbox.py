"""Evidence is gathered in real sandboxes, as a task does it."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from jobs.evidence.check import Check
from jobs.evidence.evidence import CaseGroup, Verdict
from jobs.evidence.run import gather
from jobs.repository.change import Change, ChangedFile, FileMode, serialise
from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from jobs.sandbox import Sandbox, Sandboxes
from jobs.sandbox.engine import Engine
from jobs.sandbox.profile import SandboxLimits
from tests.evidence.conftest import found
from tests.evidence.test_run import FIX, PROJECT

pytestmark = pytest.mark.docker


HUNGRY = "def test_much():\n    assert len(b'x' * 600 * 1024 * 1024) > 0\n"


def started(sandboxes: Sandboxes, mirror: Mirror, base: str, change: Change) -> Sandbox:
    box = sandboxes.start("patchbay/python", task_id="proof", epoch=1, deadline_s=120)
    pack = mirror.pack(base, 1)
    box.put(pack, base, pack.shallow)
    if change.files:
        box.restore(serialise(change))
    return box


@pytest.fixture
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    return Mirrors(tmp_path_factory.mktemp("mirrors"), Git(allow_file=True)).open(1)


def committed(mirror: Mirror, files: Mapping[str, str], folder: Path) -> str:
    """Make a repository with these files, and fetch it."""
    who = {"PATH": os.defpath, "HOME": "/nonexistent"}
    who |= {f"GIT_{role}_NAME": "Ada" for role in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{role}_EMAIL": "ada@example.org" for role in ("AUTHOR", "COMMITTER")}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for command in ("init -q -b main", "add -A", "commit -q -m base"):
        subprocess.run(["git", *command.split()], cwd=folder, env=who, check=True)
    return mirror.fetch(folder.as_uri(), "main")


def test_a_fix_is_proved_without_network_or_install(
    mirror: Mirror, sandboxes: Sandboxes, tmp_path: Path
) -> None:
    base = committed(mirror, PROJECT, tmp_path / "origin")
    files = [ChangedFile(name, FileMode.REGULAR, text.encode()) for name, text in FIX.items()]
    change = Change(tuple(files))
    evidence = gather(
        lambda: started(sandboxes, mirror, base, Change()),
        lambda: started(sandboxes, mirror, base, change),
        found(PROJECT).checks,
        (),
        change,
    )
    assert evidence.clean, evidence
    assert [row.verdict for row in evidence.rows] == [Verdict.FIXED, Verdict.PASSES]
    assert evidence.rows[0].base.failed == ("tests/test_new.py::test_three",)
    assert [row.cases for row in evidence.rows] == [
        {Verdict.FIXED: CaseGroup(1, ("tests/test_new.py::test_three",))},
        {Verdict.PASSES: CaseGroup(2)},
    ]


def test_a_limit_of_the_sandbox_is_the_reason_that_is_given(
    mirror: Mirror, docker_host: str, sandbox_image: str, tmp_path: Path
) -> None:
    assert sandbox_image
    base = committed(mirror, PROJECT, tmp_path / "origin")
    change = Change((ChangedFile("tests/test_old.py", FileMode.REGULAR, HUNGRY.encode()),))
    small = Engine(
        docker_host,
        limits=SandboxLimits(memory_mb=256),
        owner=f"tests-{secrets.token_hex(4)}",
    )
    evidence = gather(
        lambda: started(small, mirror, base, Change()),
        lambda: started(small, mirror, base, change),
        [Check("whole", "python3 -m pytest -q")],
        (),
        change,
    )
    [row] = evidence.rows
    assert row.verdict is Verdict.NEWLY_FAILING
    assert row.note == row.change.summary == "killed at 256 MB"
    assert evidence.why_not_clean == "whole: newly failing (killed at 256 MB)"
