"""Lets the agent work on the base commit in a sandbox, and brings out what it changed."""

from jobs.agent.gate import Gate
from jobs.agent.loop import run
from jobs.agent.task import Budget, Ending, Outcome, Prices, Submission
from jobs.agent.view import SandboxView
from jobs.baseline import alongside
from jobs.checkout import Base, agent_task
from jobs.evidence.detect import Detection
from jobs.job import Job
from jobs.kept_sandbox import KeptSandbox
from jobs.measurement import Measurement
from jobs.project_file.nodes import PROJECT_FILE
from jobs.repository.change import HostileChange
from jobs.repository.policy import Finding
from jobs.reviewer.gate import ReviewedGate, Reviewer
from jobs.sandbox import Sandbox
from jobs.setup.environment import Environment
from jobs.solution import Solution
from jobs.workplace import Workplace

_MISTAKES = f"`{PROJECT_FILE}` has mistakes, so no checks are taken from it"
_WITH_CHANGE = (Outcome.RESOLVED, Outcome.PARTIAL)


def solve(job: Job, base: Base) -> Solution:
    """Run the agent until it ends, from wherever the task's log says that it stands."""
    detection = base.detection()
    _note_problems(job, detection)
    return _attempt(job, base, Workplace(job, base), detection)


def _attempt(job: Job, base: Base, workplace: Workplace, detection: Detection) -> Solution:
    """Run the agent once, in a sandbox of its own."""
    measure = Measurement(job, workplace, detection)
    wire = job.services.open_wire(job.task.id, job.task.model)
    with (
        alongside(job, workplace, detection.checks) as before,
        workplace.sandbox() as sandbox,
    ):
        _resume(job, sandbox, workplace.environment)
        facts = (*workplace.environment.facts, *before().told())
        task = agent_task(job.task, base, detection, facts)
        kept = KeptSandbox(job, base, sandbox)
        view = SandboxView(kept, base.mirror.at(base.sha), live_secrets=_secrets(job))
        budget, when = _budget(job), job.services.settings.review
        reviewer = Reviewer(task, wire, budget, job.watch.halted, when, measure.of)
        gate = ReviewedGate(Gate(task.issue, view, measure=measure), view, reviewer, job.log)
        halted = job.watch.halted
        ending = run(task, kept, wire, job.log, budget, halted, gate, keep=kept.after_turn)
        wire.close()
        if ending.outcome not in _WITH_CHANGE or ending.submission is None:
            return Solution(ending)
        return _handed_in(ending, ending.submission, view, measure)


def _note_problems(job: Job, detection: Detection) -> None:
    """Write into the log, once, what is wrong with how the project names its checks."""
    if detection.problems and _MISTAKES not in (one.get("title") for _, one in job.log.entries()):
        job.log.event(_MISTAKES, "; ".join(detection.problems), "\n".join(detection.problems))


def _resume(job: Job, sandbox: Sandbox, environment: Environment) -> None:
    """Lay the change over the base commit as an earlier job left it."""
    checkpoint = job.services.checkpoints.latest(job.task.id)
    if checkpoint:
        sandbox.restore(checkpoint.content)
        job.log.event("restore the work so far", f"as of step {checkpoint.action_number}")
    job.log.sandbox_ready()
    words = environment.words(sandbox.image_digest, pooled=sandbox.pooled)
    job.log.event("start a sandbox", f"no network, no secret · {words}")


def _handed_in(
    ending: Ending, submission: Submission, view: SandboxView, measure: Measurement
) -> Solution:
    try:
        change = view.collect()
    except HostileChange as hostile:
        return Solution(ending, refused=hostile.reason)
    if not change.files:
        return Solution(ending)
    policy = view.policy(change)
    if not policy.allowed:
        return Solution(ending, change, policy, refused=_in_words(policy.blocked))
    return Solution(ending, change, policy, measure.of(change, submission))


def _budget(job: Job) -> Budget:
    settings = job.services.settings
    model = settings.model_named(job.task.model)
    return Budget(
        turns=settings.task_max_turns,
        seconds=settings.task_max_minutes * 60,
        tokens=settings.task_max_tokens,
        usd=settings.task_max_usd,
        prices=Prices(
            input=model.price_input or 0.0,
            output=model.price_output or 0.0,
            cached=model.price_cached,
        ),
        context_window=model.context_window,
        command_s=settings.sandbox_command_seconds,
    )


def _secrets(job: Job) -> tuple[str, ...]:
    return tuple(secret for secret in job.services.settings.secrets() if secret)


def _in_words(findings: tuple[Finding, ...]) -> str:
    return "; ".join(f"`{one.path}`: {one.why}" if one.path else one.why for one in findings[:5])
