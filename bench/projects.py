"""Prepares real projects as a task does, and says what their tests come to, without network.

Each is a release from its registry made a repository. The first start finds out by itself how the
project is set up, does that behind the proxy, and runs its checks on what was kept, offline: the
baseline. The second start is another task on the same commit.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import SecretStr

from bench.releases import Release, make_repository
from bench.report import RESULTS, setting, table, write_both
from bot.github_app import GitHubApp
from bot.redaction import Redactor
from bot.settings import Settings
from jobs.baseline import Baseline, alongside
from jobs.checkout import Base
from jobs.job import Job
from jobs.limits import limits_of
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.sandbox.engine import Engine
from jobs.services import Services
from jobs.task_log import TaskLog
from jobs.watch import Watch
from jobs.workplace import Workplace
from records.actions import Actions
from records.baselines import Baselines
from records.checkpoints import Checkpoints
from records.database import migrate, open_database
from records.effects import Effects
from records.task import IssueSnapshot, NewTask
from records.tasks import Tasks

Json = dict[str, Any]
_NODE = "node_modules/\n"
_PYTHON = "__pycache__/\n*.egg-info/\n.pytest_cache/\n.hypothesis/\nbuild/\n*.so\n"
_BASELINE_S = 300.0
"""More than the default: what a suite comes to is to be seen, on a busy machine too."""
_SECRET = "no webhook ever comes here, but a secret has to be"  # noqa: S105 - opens nothing


@dataclass(frozen=True, kw_only=True)
class Project(Release):
    """A release, and what it stands for here."""

    stands_for: str

    @property
    def release(self) -> str:
        """Name it as the results do."""
        return f"{self.package} {self.version} ({self.registry})"


def _pypi(package: str, version: str, stands_for: str = "Python", archive: str = "") -> Project:
    return Project(
        package=package,
        version=version,
        archive=archive or f"{package}-{version}.tar.gz",
        seed_gitignore=_PYTHON + _NODE,
        stands_for=stands_for,
    )


def _npm(package: str, version: str, stands_for: str = "JavaScript") -> Project:
    return Project(
        registry="npm",
        package=package,
        version=version,
        archive=f"{package}-{version}.tgz",
        seed_gitignore=_NODE,
        stands_for=stands_for,
    )


PROJECTS = (
    Project(
        registry="ours",
        package="slug",
        version="1.0.0",
        archive="",
        stands_for="TypeScript with a build step",
    ),
    Project(
        registry="debian",
        package="golang-github-spf13-pflag-dev",
        version="1.0.6~git20210604-d5e0c0615ace-1",
        archive="golang-github-spf13-pflag-dev_1.0.6~git20210604-d5e0c0615ace-1_all.deb",
        strip_components=8,
        stands_for="a Go module",
    ),
    _pypi("pytest-html", "4.2.0", "Python and Node in one", "pytest_html-4.2.0.tar.gz"),
    _npm("ms", "2.1.3", "no tests"),
    _pypi("ujson", "6.1.0", "a set-up that needs a compiler"),
    _pypi("boltons", "26.0.0"),
    _npm("object-inspect", "1.13.4"),
    _pypi("marshmallow", "3.21.3"),
    _npm("qs", "6.15.1"),
    _npm("qs", "6.16.1"),
    _pypi("click", "8.3.3"),
    _pypi("attrs", "25.4.0"),
    _pypi("packaging", "26.2"),
    _pypi("lark", "1.3.1"),
)


@dataclass(frozen=True)
class Start:
    """How one task came to where the agent would begin."""

    ready_s: float
    """Until the agent's sandbox had the code in it, set-up and all."""
    known_s: float
    """Until the baseline was known as well."""
    image: str
    baseline: Baseline
    told: tuple[str, ...]
    """What the agent is told of its environment."""
    events: tuple[Json, ...]

    @property
    def commands(self) -> list[Json]:
        """The commands of the set-up, each with how it ended."""
        return [one for one in self.events if one["title"].startswith("set up: ")]

    def to_json(self) -> Json:
        """Return what the results keep of it."""
        return {
            "ready_s": round(self.ready_s, 2),
            "known_s": round(self.known_s, 2),
            "image": self.image,
            "told": list(self.told),
            "events": [
                {"title": one["title"], "result": one["result"], "text": one["text"][-2000:]}
                for one in self.events
            ],
            "checks": [
                {"command": check.command, **(outcome.to_json() if outcome else {})}
                for check, outcome in zip(self.baseline.checks, self.baseline.outcomes, strict=True)
            ],
        }


@dataclass(frozen=True)
class Prepared:
    """A project that was prepared for two tasks, one after the other."""

    project: Project
    first: Start
    second: Start

    @property
    def ready(self) -> bool:
        """Say whether the set-up ended well and each check could be run."""
        set_up = not any(line.startswith("The set-up ") for line in self.first.told)
        states = [
            outcome.state.value if outcome else "" for outcome in self.first.baseline.outcomes
        ]
        return set_up and all(state in {"passed", "failed", "no tests"} for state in states)

    def to_json(self) -> Json:
        """Return what the results keep of it."""
        return {
            "release": self.project.release,
            "stands_for": self.project.stands_for,
            "ready": self.ready,
            "first": self.first.to_json(),
            "second": self.second.to_json(),
        }


def prepare(project: Project, engine: Engine, folder: Path) -> Prepared:
    """Bring the project and start two tasks on it, up to where an agent would begin."""
    origin = make_repository(project, folder)
    mirror = Mirrors(folder / "mirrors", Git(allow_file=True)).open(1)
    base = Base(mirror, mirror.fetch(origin.as_uri(), "main"), "main")
    with _services(engine, folder) as services:
        first, second = (_start(services, base, number) for number in (1, 2))
    return Prepared(project, first, second)


def _start(services: Services, base: Base, number: int) -> Start:
    began = time.monotonic()
    with _job(services, number) as job:
        workplace, checks = Workplace(job, base), base.detection().checks
        with alongside(job, workplace, checks) as before, workplace.sandbox():
            ready_s = time.monotonic() - began
            baseline = before()
            known_s = time.monotonic() - began
        environment = workplace.environment
        return Start(
            ready_s,
            known_s,
            environment.image,
            baseline,
            (*environment.facts, *baseline.told()),
            tuple(content for kind, content in job.log.entries() if kind == "event"),
        )


@contextmanager
def _job(services: Services, number: int) -> Iterator[Job]:
    """Take a new task, as a worker does."""
    task, _ = services.tasks.create(
        NewTask(
            semantic_key=f"bench:{number}",
            verb="fix",
            installation_id=1,
            repository_id=1,
            repository="bench/project",
            issue_number=number,
            requester="bench",
            requester_id=1,
            instruction="",
            trigger_comment_id=None,
            issue=IssueSnapshot("Nothing to do", "", "bench", ""),
        )
    )
    lease = services.tasks.take(task.id, "bench", 3600)
    if lease is None:
        raise RuntimeError("somebody else took a task of the bench")
    log = TaskLog(services.actions, lease, redactor=services.redactor, progress=task.progress)
    with Watch(services.tasks, lease, shutting_down=threading.Event()) as watch:
        yield Job(services, task, lease, log, watch)


@contextmanager
def _services(engine: Engine, folder: Path) -> Iterator[Services]:
    """Return what a worker has, without GitHub and without a model."""
    settings = _settings(folder)
    migrate(settings.database())
    database = open_database(settings.database())
    yield Services(
        settings=settings,
        tasks=Tasks(database),
        actions=Actions(database),
        effects=Effects(database),
        checkpoints=Checkpoints(database),
        baselines=Baselines(database),
        github=GitHubApp(1, "none", "http://127.0.0.1:1"),
        mirrors=Mirrors(folder / "mirrors"),
        sandboxes=engine,
        open_wire=_no_model,
        redactor=Redactor([_SECRET]),
        task_url=lambda task_id: task_id,
    )
    database.close()


def _settings(folder: Path) -> Settings:
    return Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr(_SECRET),
        data_dir=folder,
        baseline_seconds=_BASELINE_S,
    )


def _no_model(_place: str, _model: str = "", /) -> NoReturn:
    raise RuntimeError("the agent does not begin here")


@contextmanager
def own_engine(docker_host: str) -> Iterator[Engine]:
    """Give an engine with the limits of a worker, and take away what it kept afterwards."""
    with tempfile.TemporaryDirectory(prefix="patchbay-limits-") as folder:
        limits = limits_of(_settings(Path(folder)))
    engine = Engine(docker_host, limits=limits, owner=f"bench-{os.getpid()}")
    try:
        yield engine
    finally:
        for stored in engine.snapshots.stored():
            engine.snapshots.remove(stored)
        engine.close()


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
    f"get {_BASELINE_S:.0f} s here. "
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
