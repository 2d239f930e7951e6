"""What a repository says of itself in `.github/agent.yml`, as types; the reader is in `jobs`.

Each field is a key of the file, with what counts where the file does not say. `/agent config` and
the schema for editors are made of the same keys.
"""

import base64
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

PROJECT_FILE = ".github/agent.yml"
MAX_BYTES = 64 * 1024
ROLES = ("read", "triage", "write", "maintain", "admin")
"""What people can be to a repository, each more than the one before."""
_REMEMBERED = 200

type_of_role = Literal["read", "triage", "write", "maintain", "admin"]
ReadProject = Callable[[str | None], "Project"]


@dataclass(frozen=True)
class Trigger:
    """What starts a task."""

    command: str = ""
    """The word that commands begin with here; without one, the operator's."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Label to verb (`fix`, `plan`, `ask`), beside the operator's label."""
    assign: bool = True
    """Whether assigning the bot is a `fix`."""
    mention: bool = False
    """Whether a line that begins with the bot's name is a command too."""


@dataclass(frozen=True)
class Who:
    """Who may ask for what."""

    roles: Mapping[str, type_of_role] = field(default_factory=dict)
    """Verb to the least role for it, where that is another than the usual one."""
    bots: tuple[str, ...] = ()
    """Logins of the bots that are listened to."""
    trust_labels: tuple[str, ...] = ()
    """Labels with which somebody with write access vouches for the text of an issue."""
    refuse_labels: tuple[str, ...] = ("do-not-automate",)
    """Labels of issues that nothing is started on."""


@dataclass(frozen=True)
class ProjectLimits:
    """How far a task may go; None leaves it to the operator, who has the last word anyway."""

    usd: float | None = None
    tokens: int | None = None
    minutes: float | None = None
    steps: int | None = None
    """Calls of the model."""
    attempts: int | None = None
    open_prs: int | None = None
    """Pull requests of the bot's that may be open at once."""
    per_user_day: int | None = None
    """Tasks that one person may start a day."""
    per_repository_day: int | None = None
    usd_day: float | None = None
    """What all tasks of the repository may cost a day, in US dollars."""


@dataclass(frozen=True)
class PullRequests:
    """How a change is handed in."""

    branch: str = "agent/{issue}-{slug}-{task}"
    base: str = ""
    """The branch to work from; without one, the default branch."""
    draft: bool = True
    """Whether they are drafts; false makes drafts of those alone that are not done and clean."""
    labels: tuple[str, ...] = ("agent",)
    close_keyword: Literal["verified", "never"] = "verified"
    """Whether a change whose evidence is clean closes its issue when it is merged."""
    template: bool = True
    """Whether the repository's own template for pull requests is used."""
    others: Literal["pull_request", "push"] = "pull_request"
    """What `fix` on somebody else's pull request comes to: one onto its branch, or a commit."""


@dataclass(frozen=True)
class Paths:
    """What may be changed, as patterns; those that nobody may change are not a repository's say."""

    protect: tuple[str, ...] = ()
    """A person is told to look at a change of these."""
    approve: tuple[str, ...] = ()
    """A change of these is published once somebody with the `maintain` role approves it."""
    deny: tuple[str, ...] = ()
    """A change of these is not published."""
    only: tuple[str, ...] = ()
    """Where there are any, a change of anything else is not published."""


@dataclass(frozen=True)
class Review:
    """What is done about reviews and checks of the bot's pull requests."""

    auto: Literal["changes_requested", "mentioned", "never"] = "changes_requested"
    """Which submitted reviews start a round by themselves."""
    resolve: Literal["never", "fixed", "suggestions"] = "fixed"
    """Which threads are resolved."""
    rounds: int = 5
    ci_autofix: bool = True
    ci_attempts: int = 2


@dataclass(frozen=True)
class Planning:
    """When a plan has to come first, and what the agent may ask."""

    required_for: tuple[str, ...] = ()
    """`label:NAME`, each."""
    ask_questions: bool = True
    question_timeout_s: float = 48 * 3600.0
    at_deadline: Literal["defaults", "stop"] = "defaults"
    """What becomes of a task whose questions nobody answers in time."""


@dataclass(frozen=True)
class Project:
    """The whole file. A section with a mistake counts as if it said nothing; see `problems`."""

    trigger: Trigger = field(default_factory=Trigger)
    who: Who = field(default_factory=Who)
    limits: ProjectLimits = ProjectLimits()
    pr: PullRequests = PullRequests()
    paths: Paths = Paths()
    review: Review = Review()
    plan: Planning = Planning()
    said: Mapping[str, "Said"] = field(default_factory=dict)
    """Key, as `limits.usd`, to what the file says there; of every section."""
    problems: tuple[str, ...] = ()
    """Each with line and key. With one of these nothing new is started."""
    refused: frozenset[str] = frozenset()
    """Sections that count as if they said nothing, for a mistake in them."""
    remarks: tuple[str, ...] = ()
    """Mistakes in how the project is set up and checked; a task can do without."""
    sha: str = ""
    """The commit of the default branch that this is from."""


@dataclass(frozen=True)
class Said:
    """What stands at one key of the file."""

    text: str
    line: int


class Reads(Protocol):
    """What is needed of a repository to read its file."""

    def branch_head(self, branch: str, /) -> str:
        """Return the commit at the head of a branch."""

    def file_fields(self, path: str, ref: str, /) -> Mapping[str, Any] | None:
        """Return what GitHub says of a file at a commit; None if it is not there."""


class Projects:
    """The files of the repositories, each read once for each commit of its default branch."""

    def __init__(self, read: ReadProject) -> None:
        self._read = read
        self._known: dict[int, Project] = {}
        self._lock = threading.Lock()

    def of(self, repository_id: int, repository: Reads, default_branch: str) -> Project:
        """Return what the default branch says now; raises GitHubError where GitHub cannot say."""
        sha = repository.branch_head(default_branch)
        with self._lock:
            known = self._known.get(repository_id)
        if known is None or known.sha != sha:
            known = replace(self._found(repository, sha), sha=sha)
            with self._lock:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[repository_id] = known
        return known

    def last(self, repository_id: int) -> Project:
        """Return what was read last; nothing said where that was never, or too long ago."""
        with self._lock:
            return self._known.get(repository_id, Project())

    def _found(self, repository: Reads, sha: str) -> Project:
        fields = repository.file_fields(PROJECT_FILE, sha)
        if fields is None:
            return Project()
        try:
            text = base64.b64decode(fields["content"]).decode("utf-8")
        except (KeyError, TypeError, ValueError):
            return unreadable("is no text file")
        if not text and fields.get("size"):
            return unreadable(TOO_LARGE)  # GitHub leaves out what is over a megabyte
        return self._read(text)


TOO_LARGE = f"is larger than {MAX_BYTES // 1024} KiB"


def unreadable(why: str) -> Project:
    """Return what counts where the file is there and cannot be read: nothing new is started."""
    problem = f"`{PROJECT_FILE}` {why}"
    return Project(problems=(problem,), remarks=(problem,))
