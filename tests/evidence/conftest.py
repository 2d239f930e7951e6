"""What the tests of jobs/evidence share: two boxes with a project, before and after a change."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.evidence.check import DeclaredCheck
from jobs.evidence.detect import Detection, detect
from jobs.evidence.evidence import Evidence
from jobs.evidence.run import gather
from jobs.evidence.steering import altered, steering
from jobs.repository.change import Change, ChangedFile, FileMode
from tests.evidence.folder_box import box

Measure = Callable[..., Evidence]


class Files:
    """The files of a base commit, as a dictionary."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def paths(self) -> list[str]:
        return sorted(self.files)

    def text(self, path: str) -> str | None:
        return self.files.get(path)


def found(files: Mapping[str, str]) -> Detection:
    return detect(Files(files))


@pytest.fixture
def tools() -> str:
    """A search path on which python3 is this test run's own, which has pytest."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"


@pytest.fixture
def measure(tmp_path: Path, tools: str) -> Measure:
    """Measure what a change does to a project."""

    def run(
        base: Mapping[str, str],
        change: Mapping[str, str],
        *,
        declared: tuple[DeclaredCheck, ...] = (),
        path: str = tools,
        total_s: float = 120.0,
        most_s: float = 300.0,
        **options: Any,
    ) -> Evidence:
        files = tuple(
            ChangedFile(name, FileMode.REGULAR, text.encode()) for name, text in change.items()
        )
        checks = [
            replace(check, timeout_s=most_s) if "changed" not in check.name else check
            for check in found(base).checks
        ]
        steered = steering(Change(files), checks, declared, base.get)
        return gather(
            lambda: nullcontext(box(tmp_path / "base", base, path)),
            lambda: nullcontext(box(tmp_path / "change", {**base, **change}, path)),
            checks,
            declared,
            Change(files),
            doubts=[altered(steered)] if steered else [],
            total_s=total_s,
            **options,
        )

    return run
