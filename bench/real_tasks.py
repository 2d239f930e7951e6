"""Works on real bugs of real packages: source release in, pull request out, its tests run offline.

`script/bench real-tasks` runs all of `real-tasks.jsonl`; the tests run two. Each line names a
release in the package registry, the issue, an edit that mends it, and a test of our own that fails
before the edit and passes after it. A script that makes this edit stands in for the model.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.house import House, open_house
from jobs.repository.mirror import Mirrors
from jobs.sandbox import Execution, Sandboxes

ROOT = Path(__file__).parent.parent
TASKS = ROOT / "bench" / "real-tasks.jsonl"
_RUNNER = ("pytest<9",)

Json = dict[str, Any]


@dataclass(frozen=True)
class RealTask:
    """One bug in one release of a package."""

    instance_id: str
    package: str
    version: str
    archive: str
    strip_components: int
    seed_gitignore: str
    issue_title: str
    issue_body: str
    needs: tuple[str, ...]
    test_command: str
    regression_command: str
    regression_test: Json
    fix: tuple[Json, ...]

    @property
    def image(self) -> str:
        """The sandbox image that has what this package's tests need."""
        return f"patchbay/python-{self.instance_id.lower()}"


@dataclass(frozen=True)
class Worked:
    """What came of one task."""

    task: Json
    regression: Execution
    nearby: Execution
    seconds: float

    @property
    def solved(self) -> bool:
        """Say whether the branch passes our test and the package's own."""
        return self.regression.exit_code == 0 and self.nearby.exit_code == 0


def read_tasks() -> list[RealTask]:
    """Read all tasks, in the order of the file."""
    lines = map(json.loads, TASKS.read_text().splitlines())
    return [
        RealTask(**{**line, "needs": tuple(line["needs"]), "fix": tuple(line["fix"])})
        for line in lines
    ]


def work_on(task: RealTask, docker_host: str, folder: Path) -> Worked:
    """Post the issue and the comment, wait for the pull request, run its tests in a sandbox."""
    repository = make_repository(task, folder)
    (folder / "issue.md").write_text(f"{task.issue_title}\n{task.issue_body}")
    (folder / "turns.jsonl").write_text("".join(f"{json.dumps(turn)}\n" for turn in turns(task)))
    build_image(task)
    began = time.monotonic()
    with (
        _environment(DOCKER_HOST=docker_host, PATCHBAY_SANDBOX_IMAGE=task.image),
        open_house(
            folder / "logs",
            repository=str(repository),
            issue=folder / "issue.md",
            script=folder / "turns.jsonl",
            workers=1,
        ) as house,
    ):
        house.comment(1, "/agent fix this")
        done = house.wait_for_task(1)
        seconds = time.monotonic() - began
        regression, nearby = _test_branch(house, task, done, docker_host, folder)
    return Worked(done, regression, nearby, seconds)


def make_repository(task: RealTask, folder: Path) -> Path:
    """Fetch the source release and make it a repository with one commit."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    pip += ["--no-binary", ":all:", "--dest", str(folder), f"{task.package}=={task.version}"]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    repository = folder / task.package
    repository.mkdir()
    with tarfile.open(folder / task.archive) as archive:
        for member in archive.getmembers():
            member.name = "/".join(member.name.split("/")[task.strip_components :])
            if member.name:
                archive.extract(member, repository, filter="data")
    with (repository / ".gitignore").open("a") as ignored:
        ignored.write(f"\n{task.seed_gitignore}")
    maker = ["-c", "user.name=Release", "-c", "user.email=release@example.org"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*maker, "commit", "-q", "-m", f"{task.package} {task.version}"],
    ):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    return repository


def turns(task: RealTask) -> Iterator[Json]:
    """Yield what the stand-in for the model does: see it fail, mend it, test, hand in."""
    test = task.regression_test
    yield _turn(_call("bash", command="git log --oneline | head -3; ls"))
    yield _turn(_call("write", path=test["path"], content=test["content"]))
    yield _turn(_call("bash", command=task.regression_command, timeout_s=600))
    for edit in task.fix:
        yield _turn(_call("edit", path=edit["path"], old_str=edit["old"], new_str=edit["new"]))
    yield _turn(_call("bash", command=task.regression_command, timeout_s=600))
    yield _turn(_call("bash", command=task.test_command, timeout_s=600))
    submit = _call(
        "submit",
        outcome="resolved",
        title=task.issue_title[:70],
        summary="The cause is mended where it is, with a test that fails without the mend.",
        checks=[{"command": task.regression_command, "shows": "the bug is gone"}],
        unverified="",
    )
    yield _turn(submit)
    yield _turn(submit)
    yield _turn(submit)


def build_image(task: RealTask) -> None:
    """Derive the sandbox image that holds what the package's tests need."""
    needs = list(task.needs or _RUNNER)
    command = [ROOT / "script" / "images", "--derive", task.image, "--pip", *needs]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _test_branch(
    house: House, task: RealTask, done: Json, docker_host: str, folder: Path
) -> tuple[Execution, Execution]:
    """Run both test commands on the pull request's head, in a sandbox without network."""
    if not done["head_sha"]:
        raise RuntimeError(f"{task.instance_id} ended as {done['state']}: {done['explanation']}")
    token = house.stage.github.user_token("maria")
    mirror = Mirrors(folder / "mirrors").open(1)
    sha = mirror.fetch(house.stage.github.git_url(house.stage.repository), done["branch"], token)
    sandboxes = Sandboxes(docker_host, owner=f"bench-{os.getpid()}")
    with sandboxes.start(task.image, task_id="bench", epoch=0, deadline_s=1200) as sandbox:
        pack = mirror.pack(sha)
        sandbox.put(pack, sha, pack.shallow)
        return (
            sandbox.exec(task.regression_command, timeout_s=600),
            sandbox.exec(task.test_command, timeout_s=600),
        )


def _turn(call: Json) -> Json:
    return {"text": "", "calls": [call]}


def _call(name: str, **arguments: Any) -> Json:
    return {"name": name, "arguments": arguments}


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*values, "OPENAI_API_KEY")}
    os.environ.update(values)
    os.environ.pop("OPENAI_API_KEY", None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def main(docker_host: str) -> int:
    """Work on all tasks, one after the other; returns how many were not solved."""
    unsolved = 0
    for task in read_tasks():
        with tempfile.TemporaryDirectory(prefix="patchbay-real-") as folder:
            worked = work_on(task, docker_host, Path(folder))
        unsolved += not worked.solved
        rows = (worked.task["evidence"] or {}).get("rows", [])
        verdicts = ", ".join(f"{row['name']}: {row['verdict']}" for row in rows)
        print(
            f"{task.instance_id}: {'solved' if worked.solved else 'NOT solved'} in "
            f"{worked.seconds:.1f} s · {worked.task['state']} · {verdicts}",
            flush=True,
        )
    return unsolved
