"""Puts into words what the agent has to know of how its environment was prepared."""

from jobs.setup.outcome import SetupOutcome, Tried
from jobs.setup.plan import VENV, Plan
from jobs.setup.running import shown

_SHOWN = 6
_LAST_LINES = 12


def facts_of(plan: Plan, outcome: SetupOutcome, sha: str) -> tuple[str, ...]:
    """Return one fact an entry; the last lines of what failed are the project's own words."""
    facts = [_prepared(plan, outcome)] if outcome.kept else []
    if outcome.python and outcome.kept:
        facts.append(f"`python` is Python {outcome.python} from {VENV}.")
    # What came of packages that were asked for is told to whoever asked.
    asked = {shown(step) for step in plan.allowed}
    own = [one for one in outcome.tried if one.command not in asked]
    facts += [f"In the set-up: {report}." for one in own for report in one.reports]
    facts += [_failed(one) for one in own if one.exit_code]
    if outcome.trouble:
        facts.append(
            f"The set-up from {plan.source} failed, so what the project needs may be missing: "
            f"{outcome.trouble}"
        )
    if outcome.refused_hosts and not outcome.whole:
        hosts = ", ".join(outcome.refused_hosts)
        facts.append(f"The set-up was not let through to these hosts: {hosts}.")
    if plan.builds and outcome.kept and outcome.made_at != sha:
        facts.append(
            f"What the set-up built from the code is of commit {outcome.made_at[:12]}; "
            "build again where that matters."
        )
    return tuple(facts)


def _prepared(plan: Plan, outcome: SetupOutcome) -> str:
    done = [f"`{one.command}`" for one in outcome.tried if not one.exit_code]
    more = f" and {len(done) - _SHOWN} more" if len(done) > _SHOWN else ""
    did = f" by {', '.join(done[:_SHOWN])}{more}" if done else ""
    return f"The environment was prepared from {plan.source}{did}."


def _failed(one: Tried) -> str:
    last = "\n".join(f"    {line}" for line in one.last_lines.splitlines()[-_LAST_LINES:])
    said = f" Its last lines:\n{last}" if last else ""
    return f"The set-up failed at `{one.command}` (exit {one.exit_code}).{said}"
