"""Lets the agent work on the base commit in a sandbox, and brings out what it changed."""

from dataclasses import replace
from functools import partial

from bot.limits import granted, limits_of_task
from jobs.abilities import abilities
from jobs.agent.gate import Gate
from jobs.agent.loop import RESUMED, run
from jobs.agent.task import Budget, Ending, Outcome, Prices
from jobs.agent.view import SandboxView
from jobs.asked_check import told_of_it, with_asked_check
from jobs.attempts.best_of import BestOf
from jobs.baseline import alongside
from jobs.checkout import Base, agent_task
from jobs.evidence.detect import Detection
from jobs.harvest import Harvest, secrets_of
from jobs.job import Job
from jobs.kept_sandbox import KeptSandbox
from jobs.measurement import Measurement
from jobs.project_file.nodes import PROJECT_FILE
from jobs.reviewer.gate import ReviewedGate, Reviewer
from jobs.sandbox import Sandbox
from jobs.setup.environment import Environment
from jobs.solution import Solution
from jobs.waiting.day import day_pause
from jobs.waiting.packages import note_packages
from jobs.waiting.people import people_of, told_of_more, was_granted, with_changes
from jobs.workplace import Workplace

_MISTAKES = f"`{PROJECT_FILE}` has mistakes, so no checks are taken from it"
_MOST_SANDBOXES = 3
"""Sandboxes that one job may lose, each with the agent's work in it."""


_INHERITED = (
    "The working tree holds what an earlier task on this issue changed before it ended, not "
    "committed: look at it with `git diff` first, and go on from there."
)


def solve(job: Job, base: Base) -> Solution:
    """Run the agent until it ends, from wherever the task's log says that it stands."""
    detection = with_asked_check(base.detection(), job.task)
    _note_problems(job, detection)
    workplace = Workplace(job, base)
    if job.task.wanted_attempts > 1:
        attempt = partial(_attempt, base=base, workplace=workplace, detection=detection)
        return BestOf(job, workplace, attempt, budget_of(job)).solve()
    return _attempt(job, base, workplace, detection)


def _attempt(job: Job, base: Base, workplace: Workplace, detection: Detection) -> Solution:
    """Run the agent once; if its sandbox is lost, it goes on in a new one."""
    measure = Measurement(job, workplace, detection)
    harvest = Harvest(job, base, measure)
    if ended := harvest.recorded_end():
        return harvest.saved(ended)
    if rest := _rest_of_a_day(job, base):
        return Solution(rest)
    for left in reversed(range(_MOST_SANDBOXES)):
        solution = _in_a_sandbox(job, workplace, detection, measure, harvest)
        ending = solution.ending
        if was_granted(job, ending, budget_of(job), base.project.limits):
            return _attempt(job, base, workplace, detection)  # more came while it worked
        if ending.outcome is not Outcome.SANDBOX_LOST or job.watch.halted.is_set():
            return solution
        if left:
            job.log.event("the sandbox was lost", "goes on in a new one", ending.cause)
    return harvest.saved(ending)


def _rest_of_a_day(job: Job, base: Base) -> Ending | None:
    """Rest without a sandbox, where the repository has used up its money for a day already."""
    pause = day_pause(job, base.project.limits)
    if pause is None or job.watch.halted.is_set():
        return None
    people = people_of(job, base.project.plan, budget_of(job))
    if not (people and people.pauses):
        return None
    if checkpoint := job.checkpoint():
        pause = with_changes(pause, checkpoint.content)
    words = "The work rests until there is money again."
    return Ending(Outcome.WAITING, None, words, pause.kind.value, wait=pause)


def _in_a_sandbox(
    job: Job, workplace: Workplace, detection: Detection, measure: Measurement, harvest: Harvest
) -> Solution:
    """Run the agent in one sandbox, and bring out what it changed if that outlives the work."""
    base = workplace.base
    wire = job.open_wire()
    with (
        alongside(job, workplace, detection.checks) as before,
        workplace.sandbox(collected=True) as sandbox,
    ):
        _resume(job, sandbox, workplace.environment)
        note_packages(job, workplace.environment.came)
        facts = (
            *workplace.environment.facts,
            *before().told(),
            *_inheritance(job),
            *told_of_it(job.task),
        )
        task = job.give(agent_task(job.task, base, detection, facts))
        kept = KeptSandbox(job, base, sandbox)
        secrets, rules = secrets_of(job), base.path_rules(job.task)
        view = SandboxView(kept, base.mirror.at(base.sha), live_secrets=secrets, rules=rules)
        budget, when = budget_of(job), job.services.settings.review
        reviewer = Reviewer(task, wire, budget, job.watch.halted, when, measure.of)
        gate = ReviewedGate(Gate(task.issue, view, measure=measure), view, reviewer, job.log)
        halted = job.watch.halted
        people = people_of(job, base.project.plan, budget, workplace.environment.came)
        keep, beside = kept.after_turn, abilities(job, workplace, sandbox, people)
        resumed = RESUMED + told_of_more(job, budget)
        ending = run(
            task,
            kept,
            wire,
            job.log,
            budget,
            halted,
            gate,
            keep=keep,
            resumed=resumed,
            abilities=beside,
        )
        wire.close()
        if ending.wait:
            ending = replace(ending, wait=with_changes(ending.wait, kept.collect()))
        if ending.outcome is Outcome.STOPPED:
            kept.leave()
        if ending.outcome in {Outcome.STOPPED, Outcome.SANDBOX_LOST, Outcome.WAITING}:
            return Solution(ending)  # what there is was saved, and may be gone on with
        return harvest.living(ending, view)


def _note_problems(job: Job, detection: Detection) -> None:
    """Write into the log, once, what is wrong with how the project names its checks."""
    if detection.problems and _MISTAKES not in (one.get("title") for _, one in job.log.entries()):
        job.log.event(_MISTAKES, "; ".join(detection.problems), "\n".join(detection.problems))


def _resume(job: Job, sandbox: Sandbox, environment: Environment) -> None:
    """Lay the change over the base commit as an earlier job left it."""
    checkpoint = job.checkpoint()
    if checkpoint:
        sandbox.restore(checkpoint.content)
        job.log.event("restore the work so far", f"as of step {checkpoint.action_number}")
    elif earlier := job.inherited():
        sandbox.restore(earlier.content)
        job.log.event("go on with the work of an earlier task", f"task {earlier.task_id}")
    job.log.sandbox_ready()
    words = environment.words(sandbox.image_digest, pooled=sandbox.pooled)
    job.log.event("start a sandbox", f"no network, no secret · {words}")


def _inheritance(job: Job) -> tuple[str, ...]:
    """Return what the agent has to know of the change that it begins with."""
    if job.inherited() is None:
        return ()
    return (_INHERITED,)


def budget_of(job: Job) -> Budget:
    """Return how far the agent may go in one attempt at the task."""
    settings = job.services.settings
    model = settings.model_named(job.task.model)
    waits = job.services.tasks.waits.all(job.task.id)
    limits = granted(limits_of_task(settings, job.task), waits)
    return Budget(
        turns=max(1, limits.turns // job.attempts),
        seconds=limits.minutes * 60,
        tokens=limits.tokens // job.attempts,
        usd=limits.usd / job.attempts if limits.usd else None,
        prices=Prices(
            input=model.price_input or 0.0,
            output=model.price_output or 0.0,
            cached=model.price_cached,
        ),
        context_window=model.context_window,
        command_s=settings.sandbox_command_seconds,
    )
