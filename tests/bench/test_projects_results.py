"""Projects that are measured again take their place among the results that are there."""

import json
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench import projects, report
from bench.chosen_projects import PROJECTS, Project

FACTS = {
    "date": "2026-01-01",
    "commit": "first",
    "machine": {
        "cores": 2, "processor": "P", "memory_gib": 4, "distribution": "D", "kernel": "K",
        "load_at_start": [0.5, 0, 0], "waiting_for_a_cpu_percent": None, "fsync_ms": 1.0,
    },
    "versions": {},
}  # fmt: skip


def fake(project: Project, *_: object) -> Mock:
    first = {"ready_s": 1.0, "image": "i", "told": [], "checks": [], "events": []}
    result = {
        "release": project.release,
        "stands_for": project.stands_for,
        "ready": project.package != "qs",
        "first": first,
        "second": {"known_s": 1.0},
    }
    return Mock(to_json=lambda: dict(result))


def test_one_measured_again_leaves_the_others_and_says_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (projects, report):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    monkeypatch.setattr(projects, "prepare", fake)
    monkeypatch.setattr(projects, "own_engine", lambda _: nullcontext())
    assert projects.prepare_all("", FACTS, "script/bench projects", ()) == 2  # both of qs
    later = FACTS | {"date": "2026-02-02", "commit": "second"}
    assert projects.prepare_all("", later, "script/bench projects --package ms", ("ms",)) == 0
    kept = json.loads((tmp_path / "projects.json").read_text())
    assert (kept["commit"], kept["command"]) == ("first", "script/bench projects")
    assert len(kept["projects"]) == len(PROJECTS)
    again = {one["release"]: one["later"] for one in kept["projects"] if "later" in one}
    assert again == {"ms 2.1.3 (npm)": {"date": "2026-02-02", "commit": "second", "load": 0.5}}
    text = (tmp_path / "projects.md").read_text()
    assert text.count("Measured again 2026-02-02 at commit second") == 1
