"""Lets the agent look into a commit and hand in words, from wherever the task's log stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from jobs.agent.abilities import Abilities
from jobs.agent.closing import Closing
from jobs.agent.loop import run
from jobs.agent.task import AgentTask, Budget, Ending, Outcome
from jobs.agent.untrusted import VOICE
from jobs.checkout import Base, agent_task
from jobs.job import Job
from jobs.sandbox import Sandbox
from jobs.setup.environment import Environment
from jobs.solve import budget_of
from jobs.waiting.day import day_pause
from jobs.waiting.people import people_of
from jobs.workplace import Workplace

RESUMED = (
    f"{VOICE} The work was interrupted and goes on in a new sandbox with a fresh checkout. "
    "Whatever you left in the old one is gone."
)
_MOST_SANDBOXES = 3
"""Sandboxes that one job may lose."""


@dataclass(frozen=True)
class Errand:
    """What is asked of such a run."""

    closing: Closing
    wish: str
    """What <task> says before the requester's own words."""
    blocks: tuple[str, ...] = ()
    """What else the first message shows."""
    head: str = ""
    """The commit to look at, where it is another than the base, whose rules hold."""
    prepare: Callable[[Sandbox], None] = lambda _: None
    """Puts what else is needed into each sandbox."""


def read(job: Job, base: Base, errand: Errand) -> Ending:
    """Run the agent until it hands in or ends otherwise; see Ending.handed_in."""
    workplace = Workplace(job, base)
    for left in reversed(range(_MOST_SANDBOXES)):
        ending = _in_a_sandbox(job, workplace, errand)
        if ending.outcome is not Outcome.SANDBOX_LOST or job.watch.halted.is_set():
            break
        if left:
            job.log.event("the sandbox was lost", "goes on in a new one", ending.cause)
    return ending


def _in_a_sandbox(job: Job, workplace: Workplace, errand: Errand) -> Ending:
    wire = job.open_wire()
    try:
        with workplace.sandbox(errand.head) as sandbox:
            _note_start(job, sandbox, workplace.environment)
            errand.prepare(sandbox)
            budget = budget_of(job)
            return run(
                job.give(_told(job, workplace, errand)),
                sandbox,
                wire,
                job.log,
                budget,
                job.watch.halted,
                errand.closing,
                resumed=RESUMED,
                abilities=_abilities(job, workplace.base, budget),
            )
    finally:
        wire.close()


def _abilities(job: Job, base: Base, budget: Budget) -> Abilities:
    people = people_of(job, base.project.plan, budget)
    return Abilities(
        github=job.github,
        people=people,
        day=lambda: day_pause(job, base.project.limits),
        heard=lambda: job.watch.heard,
    )


def _told(job: Job, workplace: Workplace, errand: Errand) -> AgentTask:
    base, facts = workplace.base, workplace.environment.facts
    task = agent_task(job.task, base, base.detection(), facts)
    paths = base.mirror.at(errand.head).paths() if errand.head else task.paths
    return replace(
        task,
        base_sha=errand.head or base.sha,
        paths=paths,
        wish=errand.wish,
        blocks=(*task.blocks, *errand.blocks),
    )


def _note_start(job: Job, sandbox: Sandbox, environment: Environment) -> None:
    job.log.sandbox_ready()
    words = environment.words(sandbox.image_digest, pooled=sandbox.pooled)
    job.log.event("start a sandbox", f"no network, no secret · {words}")
