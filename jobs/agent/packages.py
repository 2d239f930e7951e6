"""Lets the agent ask for packages: what a request becomes on record, and what it is told of it."""

from jobs.agent.calls import Request
from jobs.agent.limits import PACKAGE_REQUESTS
from jobs.agent.prompt import attribute
from jobs.agent.tools import ASK_FOR_PACKAGES
from jobs.agent.untrusted import VOICE, quoted
from jobs.agent.work import Work
from jobs.model.wire import Call
from jobs.setup.adding import WRITTEN
from jobs.setup.wanted import Came
from records.waits import NewWait, Wait

_LAST_LINES = 12


def packages_of(work: Work, call: Call, request: Request) -> NewWait | None:
    """Return what a call asks for, where it may; people decide, and a later job goes on."""
    people = work.abilities.people
    if people is None or people.packages is None:
        return None
    asked = [note for note in work.talk.notes if note.startswith(f"{ASK_FOR_PACKAGES}:")]
    if len(asked) >= PACKAGE_REQUESTS:
        return None
    return people.packages.ask(f"call:{call.id}", request.arguments)


def decided(work: Work, wait: Wait) -> str:
    """Return what people decided, and what came of it, in words for the agent."""
    who = attribute(wait.answered_by)
    if not wait.answer.get("allowed"):
        said = f"{who} does not allow these packages." if who else "Nobody has decided in time."
        return f"{VOICE} {said} {_WITHOUT}"
    people = work.abilities.people
    came = people.packages.came if people and people.packages else ()
    return "\n".join([f"{VOICE} {who} has allowed these packages. {_INSTALLED}", *map(_line, came)])


def _line(one: Came) -> str:
    if one.installed:
        lines = [f"- {one.package}: installed", *(f"    {change}" for change in one.changes)]
    else:
        last = one.said.splitlines()[-_LAST_LINES:]
        lines = [f"- {one.package}: not installed", *(f"    {line}" for line in last)]
    return quoted("\n".join(lines)).text


_WITHOUT = (
    "Go on without them; if that cannot come to a solution, hand in what there is, and say what "
    "is missing and why."
)
_INSTALLED = (
    "A set-up with the network tried to install them; the network is gone again. The project's own "
    "files do not name them: where the change needs one, add it to the manifest and to the lock "
    "file. Below, what each came to, with what its manager has changed in copies of those files; "
    f"they lie in {WRITTEN} as far as they differ, for you to look at and to take over:"
)
