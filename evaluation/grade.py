"""Judges one patch in a fresh sandbox.

`python -m evaluation.grade` reads its order and leaves a verdict. This process, and no process of
the agent's, reads what is known of the answer.
"""

import base64
import json
import re
import shlex
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from evaluation.files import write_json
from evaluation.gold import Gold, read_gold
from evaluation.instances import Json
from evaluation.jobs_alone import LEFT, Leaving, Order, base_of, job_of, services_alone
from evaluation.patches import paths_in, without
from evaluation.results import Ran, run_tests
from evaluation.verdict import Verdict, judge
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.sandbox import Sandbox, SandboxError
from jobs.stopping import heed_signals
from jobs.workplace import Workplace

_APPLY_S = 120
_TESTS_S = 1_800
_TEST_FILE = re.compile(r"(.+\.(?:py|[cm]?js))(?:::.*)?")
_OFFICIAL = "/testbed"
"""Where the official images have the code; ours lies in the sandbox's own folder."""
_HERE = "/workspace/repo"


def main() -> None:
    """Judge by the order that stands in the standard input."""
    asked = json.load(sys.stdin)
    order = Order.from_json(asked["order"])
    gold = read_gold(Path(asked["instances"]), order.problem.instance_id)
    leaving = threading.Event()
    heed_signals(leaving)
    try:
        with job_of(services_alone(), order, "grade", leaving) as job:
            told = _judged(job, order, gold, asked["mode"])
            write_json(Path(order.folder) / "verdict.json", told)
    except Leaving:
        sys.exit(LEFT)


def _judged(job: Job, order: Order, gold: Gold, mode: str) -> Json:
    patch = (Path(order.folder) / "model.patch").read_text("utf-8")
    tests = paths_in(gold.test_patch)
    dropped = sorted(tests & paths_in(patch)) if mode == "benchmark" else []
    patch = without(patch, set(dropped))
    runs: list[Ran] = []
    try:
        with Workplace(job, base_of(job, order)).sandbox() as sandbox:
            verdict = _in(sandbox, patch, gold, runs)
    except (SandboxError, TaskFailed) as lost:
        if job.watch.halted.is_set():
            raise Leaving(job.task.id) from lost
        sys.exit(f"the sandbox was lost: {lost}")
    shown = [{**asdict(ran), "statuses": len(ran.statuses)} for ran in runs]
    return {**verdict.to_json(), "mode": mode, "dropped": dropped, "runs": shown}


def _in(sandbox: Sandbox, patch: str, gold: Gold, runs: list[Ran]) -> Verdict:
    """Lay the patch over the base, the tests over that, and run them; `runs` is filled."""
    if patch and (why := _apply(sandbox, patch)):
        return Verdict(resolved=False, invalid=False, why=f"the patch does not apply: {why}")
    if gold.test_patch and (why := _overwrite(sandbox, gold.test_patch)):
        return Verdict(resolved=False, invalid=True, why=f"the tests do not apply: {why}")
    runs.extend(run_tests(sandbox, command, _TESTS_S) for command in commands_of(gold))
    return judge(gold, runs)


def commands_of(gold: Gold) -> tuple[str, ...]:
    """Return how the tests are run: as the task says, else by the files that it names."""
    if gold.eval_script:
        return (gold.eval_script.replace(_OFFICIAL, _HERE),)
    if gold.commands:
        return gold.commands
    found = (_TEST_FILE.fullmatch(one) for one in (*gold.fail_to_pass, *gold.pass_to_pass))
    files = list(dict.fromkeys(match[1] for match in found if match))
    python = [shlex.quote(path) for path in files if path.endswith(".py")]
    others = [f"node {shlex.quote(path)}" for path in files if not path.endswith(".py")]
    return (*([f"python -m pytest -q -p no:cacheprovider {' '.join(python)}"] if python else []),
            *others)  # fmt: skip


def _apply(sandbox: Sandbox, patch: str) -> str:
    """Apply a patch; return why it cannot be."""
    data = base64.b64encode(patch.encode()).decode()
    script = (
        f"base64 -d >/tmp/one.patch <<<{data}\n"
        'apply() { git apply --whitespace=nowarn "$@" /tmp/one.patch 2>>/tmp/why; }\n'
        ">/tmp/why; apply || apply --3way || { cat /tmp/why; exit 1; }\n"
    )
    ran = sandbox.exec(script, timeout_s=_APPLY_S)
    return "" if ran.exit_code == 0 else ran.output[-500:].strip() or "no reason given"


def _overwrite(sandbox: Sandbox, patch: str) -> str:
    """Bring the files of the tests back to the base, whatever was done to them, and patch them."""
    paths = " ".join(shlex.quote(path) for path in sorted(paths_in(patch)))
    script = (
        f"for path in {paths}; do\n"
        '  rm -rf -- "$path"\n'
        '  ! git cat-file -e "HEAD:$path" 2>/dev/null || git checkout -q HEAD -- "$path"\n'
        "done\n"
    )
    sandbox.exec(script, timeout_s=_APPLY_S)
    return _apply(sandbox, patch)


if __name__ == "__main__":
    main()
