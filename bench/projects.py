"""Prepares real projects as a task does, and says what their tests come to, without network."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.chosen_projects import PROJECTS
from bench.prepared_projects import BASELINE_S, Json, own_engine, prepare
from bench.report import RESULTS, setting, table, write_both


def prepare_all(docker_host: str, facts: Json, command: str, only: tuple[str, ...]) -> int:
    """Prepare projects, one after the other, and write the results; returns how many failed.

    Those that are `only` measured now take their place among the results that are there.
    """
    chosen = [one for one in PROJECTS if not only or one.package in only]
    kept = _kept() if only else {}
    setting_of_all = {key: kept.get(key, facts[key]) for key in facts}
    asked = kept.get("command", command)
    results: dict[str, Json] = {one["release"]: one for one in kept.get("projects", ())}
    for project in chosen:
        with (
            tempfile.TemporaryDirectory(prefix="patchbay-project-") as folder,
            own_engine(docker_host) as engine,
        ):
            result = prepare(project, engine, Path(folder)).to_json()
        if kept:
            load = facts["machine"]["load_at_start"][0]
            result["later"] = {"date": facts["date"], "commit": facts["commit"], "load": load}
        results[project.release] = result
        print(" · ".join(_row(result)), flush=True)
        # After each: what was measured is not lost with what was not.
        write(setting_of_all, asked, results)
    return sum(not results[project.release]["ready"] for project in chosen)


def _kept() -> Json:
    file = RESULTS / "projects.json"
    kept: Json = json.loads(file.read_text()) if file.is_file() else {}
    return kept


def write(facts: Json, command: str, known: Mapping[str, Json]) -> Path:
    """Write what is known so far of each release; returns the path of the text."""
    results = [known[one.release] for one in PROJECTS if one.release in known]
    missing = len(PROJECTS) - len(results)
    left = [f"**{missing} of {len(PROJECTS)} projects are not measured here.**"] if missing else []
    parts = ["# Real projects", setting(facts, command), _HOW, *left]
    parts += [table(_HEAD, map(_row, results)), *(_details(result) for result in results)]
    return write_both("projects", {**facts, "command": command, "projects": results}, parts)


_HOW = (
    "Each is a release as its registry has it, made a repository with one commit. *First start*: "
    "a task on a commit that nobody has seen, from its beginning until the agent's sandbox is "
    "ready, with the set-up that was found by itself, behind the proxy. *Baseline*: the project's "
    "checks on that commit, in a fresh sandbox without network, before an agent would begin; they "
    f"get {BASELINE_S:.0f} s here. "
    "*Second start*: another task on the same commit, until its sandbox has the code in it and the "
    "baseline is known. Tests that fail do so because of what the release leaves out, or of what a "
    "sandbox does not give; that they are known is the point. What was measured again says so "
    "where its commands stand."
)
_HEAD = ("Project", "Stands for", "Image", "Set-up", "First start", "Baseline", "Second start")


def _row(result: Json) -> list[str]:
    first, second = result["first"], result["second"]
    checks = [
        f"{check['side']['summary']} ({check['side']['seconds']:.1f} s)"
        if "side" in check
        else "not known"
        for check in first["checks"]
    ]
    commands = [one for one in first["events"] if one["title"].startswith("set up: ")]
    failed = any(line.startswith("The set-up ") for line in first["told"])
    count = f"{len(commands)} command" + ("s" if len(commands) != 1 else "")
    set_up = f"{count}, FAILED" if failed else count
    return [
        result["release"],
        result["stands_for"],
        first["image"].removeprefix("patchbay/"),
        set_up if commands else "none needed",
        f"{first['ready_s']:.1f} s",
        "; ".join(checks) or "no check",
        f"{second['known_s']:.2f} s",
    ]


def _details(result: Json) -> str:
    first = result["first"]
    lines = [f"- {one['title']}: {one['result']}" for one in first["events"]]
    told = [f"    {line}" for fact in first["told"] for line in fact.splitlines()]
    if later := result.get("later"):
        when = f"{later['date']} at commit {later['commit']}, with a load of {later['load']:g}"
        lines = [f"Measured again {when}.", "", *lines]
    return "\n".join(
        [f"## {result['release']}", "", *lines, "", "What the agent is told:", "", *told]
    )
