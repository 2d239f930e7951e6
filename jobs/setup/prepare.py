"""Prepares the environment of a project, or finds it prepared: the story of a set-up."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property

import structlog

from jobs.one_at_a_time import one_at_a_time
from jobs.project_file.file import read_project_file
from jobs.project_file.nodes import PROJECT_FILE
from jobs.repository.mirror import Mirror
from jobs.sandbox import Sandbox, SandboxError, Sandboxes, Snapshot
from jobs.setup.detect import plan_for
from jobs.setup.environment import Environment
from jobs.setup.facts import facts_of
from jobs.setup.key import key_of
from jobs.setup.languages import languages
from jobs.setup.manifests import Manifests
from jobs.setup.outcome import SetupOutcome, Shelf, Tried
from jobs.setup.plan import Plan
from jobs.setup.rules import Image, SetupRules
from jobs.setup.running import SetupRun, Tell
from jobs.setup.wanted import Came, Wanted, came_of, languages_of, with_wanted

PREPARING = "preparing the environment"
_SLACK_S = 300.0
"""A sandbox for setting up outlives the set-up's limit by what it takes to save it."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Site:
    """The code that is prepared for, and who wants it."""

    repository_id: int
    mirror: Mirror
    sha: str
    task_id: str
    epoch: int
    tell: Tell
    halted: threading.Event
    at_halt: Callable[[Callable[[], None]], AbstractContextManager[None]]


class Setup:
    """The set-up of one project on this machine, as its base commit and the operator want it."""

    def __init__(
        self,
        sandboxes: Sandboxes,
        rules: SetupRules,
        shelf: Shelf,
        site: Site,
        wanted: Sequence[Wanted] = (),
    ) -> None:
        self._sandboxes = sandboxes
        self._rules = rules
        self._shelf = shelf
        self._site = site
        self._wanted = wanted
        self._manifests = Manifests(site.mirror.at(site.sha))
        self._wish = read_project_file(self._manifests.text(PROJECT_FILE)).environment

    def environment(self) -> Environment:
        """Return what was prepared earlier; prepare it now where nobody did."""
        plain = Environment(self.image.name, self.image.digest)
        problems = (*self.plan.problems, *self.image.problems, *self._hosts[1])
        for problem in problems:
            self._site.tell("a wish of the project's does not count", problem, "")
        if self.plan.empty or not self.image.digest:
            return replace(plain, facts=problems)  # no sandbox starts without an image, and says so
        if not self._rules.enabled:
            self._site.tell("nothing is set up", "the operator has switched it off", "")
            facts = (*problems, _SWITCHED_OFF)
            return replace(plain, facts=facts, came=self._came(SetupOutcome(trouble=_SWITCHED_OFF)))
        outcome = self._found() or self._prepared()
        kept = Snapshot(self._site.repository_id, outcome.kept) if outcome.kept else None
        facts = (*problems, *facts_of(self.plan, outcome, self._site.sha))
        return replace(plain, snapshot=kept, facts=facts, came=self._came(outcome))

    def forget(self) -> None:
        """Have it done again: what was kept is not there any more."""
        self._shelf.forget(self._snapshot)

    @cached_property
    def plan(self) -> Plan:
        """What is to be done."""
        found = plan_for(self._manifests, self._wish)
        return with_wanted(found, self._manifests, self._wanted)

    @cached_property
    def image(self) -> Image:
        """The image for the agent, the evidence and the set-up alike."""
        return self._rules.image_for(
            self._wish.image,
            languages(self._manifests),
            self._sandboxes.image_digest,
            languages_of(self._wanted),
        )

    @cached_property
    def _hosts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self._rules.hosts_for(self._wish.network_hosts)

    @cached_property
    def _snapshot(self) -> Snapshot:
        key = key_of(
            self.image.digest or self.image.name,
            self.plan,
            self._manifests,
            self._hosts[0],
            self._rules.environment,
        )
        return Snapshot(self._site.repository_id, key)

    @property
    def _minutes(self) -> float:
        return min(self._rules.minutes, self._wish.setup_minutes or self._rules.minutes)

    def _came(self, outcome: SetupOutcome) -> tuple[Came, ...]:
        return came_of(self.plan, self._manifests, self._wanted, outcome)

    def _found(self) -> SetupOutcome | None:
        outcome = self._shelf.read(self._snapshot)
        return outcome if outcome and outcome.stands_for(self._site.task_id) else None

    def _prepared(self) -> SetupOutcome:
        """Prepare it, or wait for another job that does."""
        until = time.monotonic() + self._minutes * 60 + _SLACK_S
        self._site.tell(PREPARING, f"from {self.plan.source}", "")
        lock = self._shelf.lock(self._snapshot)
        with one_at_a_time(lock, until, self._site.halted) as mine:
            if found := self._found():
                return found
            if not mine:
                return SetupOutcome(trouble="another task's set-up took too long")
            before = self._shelf.read(self._snapshot)
            outcome = self._tried()
            if outcome.begun and outcome.trouble and not outcome.failed:
                # No command failed, the sandbox was lost under them: another one may do.
                outcome = self._tried()
            outcome = replace(outcome, tries=before.tries + 1 if before else 1)
            if outcome.begun:  # else it was this machine's fault, which may be mended any moment
                self._shelf.write(self._snapshot, outcome)
            return outcome

    def _tried(self) -> SetupOutcome:
        outcome = SetupOutcome(made_at=self._site.sha, task_id=self._site.task_id, at=time.time())
        tried: list[Tried] = []
        try:
            started = self._sandboxes.start(
                self.image.name,
                task_id=self._site.task_id,
                epoch=self._site.epoch,
                deadline_s=self._minutes * 60 + _SLACK_S,
                network_hosts=self._hosts[0],
            )
            outcome = replace(outcome, begun=True)
            with started as sandbox, self._site.at_halt(sandbox.kill):
                return self._carried_out(sandbox, outcome, tried)
        except SandboxError as error:
            if self._site.halted.is_set():
                raise
            _log.warning("setup.failed", task=self._site.task_id, exc_info=True)
            self._site.tell("the set-up came to no end", str(error), "")
            return replace(outcome, tried=tuple(tried), trouble=str(error))

    def _carried_out(
        self, sandbox: Sandbox, outcome: SetupOutcome, tried: list[Tried]
    ) -> SetupOutcome:
        site = self._site
        deadline = time.monotonic() + self._minutes * 60
        run = SetupRun(sandbox, self.plan, deadline, self._rules.environment, site.tell, tried)
        run.carry_out(site.mirror.pack(site.sha), site.sha)
        refused = self._sandboxes.refused_hosts(sandbox)
        if refused:
            site.tell("the proxy refused hosts that are not allowed", ", ".join(refused), "")
        outcome = replace(outcome, tried=tuple(run.tried), python=run.python, refused_hosts=refused)
        # What is not whole has a name of its own, so that the next try does not meet it.
        key = self._snapshot.key if not outcome.failed else partial_key(self._snapshot, site)
        sandbox.strip()
        saved = self._sandboxes.save(sandbox, Snapshot(site.repository_id, key))
        site.tell("keep the environment", f"{saved / 1024**2:.0f} MiB", "")
        return replace(outcome, kept=key)


def partial_key(snapshot: Snapshot, site: Site) -> str:
    """Return the key for what this task's try has left, where a part of it failed."""
    return hashlib.sha256(f"{snapshot.key} {site.task_id} {site.epoch}".encode()).hexdigest()[:40]


_SWITCHED_OFF = "Nothing was installed for this project: its set-up is switched off here."
