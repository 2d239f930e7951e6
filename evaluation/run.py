"""Works on the tasks of a file, several at once, and keeps what came of each at once."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.files import read_json, write_json
from evaluation.instances import Json, Problem, lines_of
from evaluation.jobs_alone import LEFT, Order
from evaluation.origins import NotBrought, origin_of
from evaluation.processes import Children, Ended
from evaluation.written import Written
from jobs.keeper.client import Keeper

_AGAIN = "again.json"


@dataclass(frozen=True)
class Plan:
    """What is asked for: the tasks, how often each, by which model, how it is judged."""

    instances: Path
    problems: tuple[Problem, ...]
    out: Path
    attempts: int = 1
    workers: int = 1
    model: str = ""
    best_of: int = 1
    mode: str = "benchmark"
    asks: Json = field(default_factory=dict)
    """Which model is asked, and where."""

    def units(self) -> list[tuple[Problem, int]]:
        """Name every attempt, the first ones of all tasks first."""
        return [(one, n) for n in range(1, self.attempts + 1) for one in self.problems]

    def folder(self, problem: Problem, attempt: int) -> Path:
        """Return where an attempt leaves what came of it."""
        return (self.out / "attempts" / problem.instance_id / str(attempt)).resolve()


@dataclass
class Run:
    """One run, from wherever the folder says that it stands."""

    plan: Plan
    children: Children
    keeper: Keeper
    written: Written
    _images: dict[str, bool] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self) -> Iterator[Json]:
        """Work on everything that is not finished; yields what came of each, as it is written."""
        left = [(one, n) for one, n in self.plan.units() if not self.written.has(one, n)]
        with ThreadPoolExecutor(max_workers=self.plan.workers) as pool:
            futures = [pool.submit(self._one, problem, attempt) for problem, attempt in left]
            for future in as_completed(futures):
                if row := future.result():
                    self.written.add(row)
                    yield row

    def _one(self, problem: Problem, attempt: int) -> Json | None:
        """Work on one attempt and judge it; None if there was no time to."""
        folder = self.plan.folder(problem, attempt)
        head: Json = {"id": problem.instance_id, "attempt": attempt}
        head |= {"model": self.plan.asks["model"]} if self.plan.asks else {}
        try:
            origin = origin_of(problem, self.plan.out / "releases")
        except NotBrought as error:
            return {**head, "status": "infra_error", "infra_error": str(error), "patch": ""}
        again = (read_json(folder / _AGAIN) or {}).get("again", 0)
        order = Order(problem, attempt, origin.url, origin.sha, str(folder), self.plan.model,
                      again, self.plan.best_of)  # fmt: skip
        image = self._image_settings(problem)
        if not (folder / "outcome.json").is_file():
            ended = self._run("attempt", order.to_json(), folder, image)
            if ended is None:
                return None
            if ended.code != 0:
                return {**head, "status": "infra_error", "infra_error": ended.said, "patch": ""}
        outcome = read_json(folder / "outcome.json") or {}
        verdict = self._verdict(order, folder, image)
        if verdict is None:
            return None
        return row_of(head, outcome, verdict, (folder / "model.patch").read_text("utf-8"))

    def _verdict(self, order: Order, folder: Path, image: dict[str, str]) -> Json | None:
        """Have a patch judged, if there is one and it was not; {} where it cannot be."""
        if not (folder / "model.patch").read_text("utf-8"):
            return {"resolved": False, "invalid": False, "why": "there is no patch"}
        if not (folder / "verdict.json").is_file():
            asked = {
                "order": order.to_json(),
                "instances": str(self.plan.instances.resolve()),
                "mode": self.plan.mode,
            }
            ended = self._run("grade", asked, folder, image)
            if ended is None:
                return None
            if ended.code != 0:
                return {"resolved": False, "infra_error": f"not judged: {ended.said}"}
        return read_json(folder / "verdict.json")

    def _run(self, what: str, order: Json, folder: Path, image: dict[str, str]) -> Ended | None:
        log = folder / f"{what}.log"
        ended = self.children.run(f"evaluation.{what}", order, log, **image)
        if ended is None or ended.code == LEFT:
            return None
        # One that was asked to leave in the middle of anything may have fallen over it.
        return None if ended.code and self.children.leaving.is_set() else ended

    def _image_settings(self, problem: Problem) -> dict[str, str]:
        """Return the settings for a task that has an image here: it is set up in there."""
        image = problem.image
        if not image:
            return {}
        with self._lock:
            if image not in self._images:
                self._images[image] = bool(self.keeper.image_digest(image))
        there = {"PATCHBAY_SANDBOX_IMAGE": image, "PATCHBAY_SETUP": "off"}
        return there if self._images[image] else {}


def row_of(head: Json, outcome: Json, verdict: Json, patch: str) -> Json:
    """Put together what the results keep of one attempt."""
    trouble = outcome.get("infra_error") or verdict.get("infra_error")
    judged = {key: verdict[key] for key in ("invalid", "why") if verdict.get(key)}
    judged |= {key: verdict[key] for key in ("fail_to_pass", "pass_to_pass") if verdict.get(key)}
    told = {key: value for key, value in outcome.items() if key not in {"submission", "base_sha"}}
    if trouble:
        told["infra_error"] = trouble
    return {
        **head,
        "status": "infra_error" if trouble else "ended",
        # What was saved of it may even be right: it counts as it will when it is begun anew.
        "resolved": verdict["resolved"] and not trouble,
        **judged,
        **told,
        # The official judge, too, shall see nothing of it.
        "patch": "" if outcome.get("infra_error") else patch,
    }


def begin(plan: Plan, written: Written, *, resume: bool) -> None:
    """Note what is run, or see that it is the same as before; ValueError where it is not."""
    noted = {
        "instances": plan.instances.name,
        "tasks": _digest(plan),
        "ids": [one.instance_id for one in plan.problems],
        "attempts": plan.attempts,
        "model": plan.model,
        "asks": plan.asks,
        "best_of": plan.best_of,
        "mode": plan.mode,
    }
    known = read_json(plan.out / "run.json")
    if known is not None and not resume:
        raise ValueError(f"{plan.out} has a run in it: --resume goes on with it")
    differing = [key for key in noted if known is not None and known.get(key) != noted[key]]
    if differing and not (set(differing) <= {"model", "asks"} and _nothing_done(plan, written)):
        told = "; ".join(f"{_NAMES[key]}: {_short((known or {}).get(key))} before, "
                         f"{_short(noted[key])} now" for key in differing)  # fmt: skip
        raise ValueError(f"{plan.out} has another run in it ({told}): give the same, or "
                         "another --out")  # fmt: skip
    if known != noted:
        write_json(plan.out / "run.json", noted)


_NAMES = {
    "instances": "the file of --instances",
    "tasks": "what stands in the tasks, by its digest",
    "ids": "the tasks",
    "attempts": "--attempts",
    "model": "--model",
    "asks": "the model and its server",
    "best_of": "--best-of",
    "mode": "--mode",
}


def _short(value: object) -> str:
    return json.dumps(value)[:100]


def _digest(plan: Plan) -> str:
    """Return what tells the tasks of a plan, with all that is known of them, from any others."""
    names = {one.instance_id for one in plan.problems}
    chosen = [line for _, line in lines_of(plan.instances) if line.get("instance_id") in names]
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


def _nothing_done(plan: Plan, written: Written) -> bool:
    """Say whether every attempt so far failed on this side, and will begin anew."""
    failed = [(row["id"], str(row["attempt"])) for row in written.rows if row.get("infra_error")]
    begun = {(one.parent.name, one.name) for one in (plan.out / "attempts").glob("*/*")}
    waiting = (_waits_for_its_judge(plan.out / "attempts" / name / n) for name, n in failed)
    return begun <= set(failed) and len(failed) == len(written.rows) and not any(waiting)


def _waits_for_its_judge(folder: Path) -> bool:
    """Say whether the agent is done with an attempt, by what its process left."""
    return "infra_error" not in (read_json(folder / "outcome.json") or {"infra_error": ""})


def forget_troubles(plan: Plan, written: Written) -> None:
    """Have attempts that failed on this side begun anew; what was only not judged, judged."""
    for row in written.forget_troubles():
        folder = plan.out / "attempts" / row["id"] / str(row["attempt"])
        if _waits_for_its_judge(folder):
            continue
        before = (read_json(folder / _AGAIN) or {}).get("again", 0)
        write_json(folder / _AGAIN, {"again": before + 1})
        for name in ("outcome.json", "verdict.json", "model.patch"):
            (folder / name).unlink(missing_ok=True)


def keep_trajectory(plan: Plan, row: Json) -> None:
    """Put the trajectory of an attempt where people look for it."""
    source = plan.out / "attempts" / row["id"] / str(row["attempt"]) / "trajectory.jsonl"
    if source.is_file():
        target = plan.out / "trajs" / row["id"] / f"{row['attempt']}.jsonl"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
