"""Puts together what a task's agent can do beside its six tools, as the operator allows it."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal
from urllib.parse import urlsplit

from bot.model_settings import Model
from jobs.agent.abilities import Abilities, HelperPort, PeoplePort, Unavailable
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.model.wire import Wire
from jobs.repository.git import GitFailed
from jobs.sandbox import Sandbox, SandboxError, ToolRefused
from jobs.waiting.day import day_pause
from jobs.workplace import Workplace

_OPENAI = ".openai.com"
_TRAINED = re.compile(r"(?:ft:)?gpt-(?P<generation>\d+)(?:\D.*)?")
_FIRST_GENERATION = 5
"""Of OpenAI's models that write patches by habit and take tools with a grammar."""


def abilities(
    job: Job, workplace: Workplace, sandbox: Sandbox, people: PeoplePort | None = None
) -> Abilities:
    """Return what this task's agent can do; the sandbox is the one that it works in."""
    settings = job.services.settings
    model = settings.model_named(job.task.model)
    helper = HelperPort(
        wire=lambda: _wire(job),
        copy=lambda: _copy(workplace, sandbox),
    )
    return Abilities(
        patches=writes_patches(model, settings.apply_patch),
        helper=helper if settings.explore == "on" else None,
        github=job.github,
        people=people,
        day=lambda: day_pause(job, workplace.base.project.limits),
        heard=lambda: job.watch.heard,
    )


def writes_patches(model: Model, setting: Literal["auto", "on", "off"]) -> bool:
    """Say whether a model is given `apply_patch`: by itself only OpenAI's own, on its own server.

    Other servers drop a tool with a grammar or refuse it, and other models get such patches wrong.
    """
    if setting != "auto":
        return setting == "on"
    trained = _TRAINED.fullmatch(model.model.lower())
    is_at_home = f".{urlsplit(model.base_url).hostname}".endswith(_OPENAI)
    return bool(is_at_home and trained and int(trained["generation"]) >= _FIRST_GENERATION)


def _wire(job: Job) -> Wire:
    """Open a way to the model beside the task's own, which begins otherwise."""
    return job.services.open_wire(f"{job.task.id}-explore", job.task.model)


@contextmanager
def _copy(workplace: Workplace, sandbox: Sandbox) -> Iterator[Sandbox]:
    """Start a sandbox like the task's, with the change as it is now, for as long as it is held."""
    with ExitStack() as held:
        try:
            change = sandbox.collect(sweep=False)
            copy = held.enter_context(workplace.sandbox())
            copy.restore(change)
        except (SandboxError, ToolRefused, TaskFailed, GitFailed) as error:
            raise Unavailable(f"there is no copy of the repository to be had: {error}") from error
        yield copy
