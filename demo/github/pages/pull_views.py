"""What the templates show of a pull request besides its conversation."""

from dataclasses import dataclass

from markupsafe import Markup

from demo.github.pages.diff import DiffLine
from demo.github.pages.views import Commit, Person, Thread


@dataclass(frozen=True)
class Check:
    """A check run on a head commit."""

    name: str
    status: str
    conclusion: str
    title: str
    html: Markup
    url: str
    app: str
    id: int
    actions: tuple[tuple[str, str, str], ...] = ()
    """Its buttons: label, description and identifier of each."""

    @property
    def mood(self) -> str:
        """Which of four signs it gets: good, bad, waiting or neutral."""
        if self.status != "completed":
            return "waiting"
        good, bad = {"success"}, {"failure", "timed_out", "action_required", "startup_failure"}
        return "good" if self.conclusion in good else "bad" if self.conclusion in bad else "neutral"


@dataclass(frozen=True)
class FileDiff:
    """One changed file of a pull request or of a commit."""

    path: str
    previous_path: str
    status: str
    additions: int
    deletions: int
    lines: tuple[DiffLine, ...]
    binary: bool
    threads: tuple[Thread, ...] = ()

    def threads_at(self, line: DiffLine) -> tuple[Thread, ...]:
        """Give the threads that hang on a line of this diff."""
        return tuple(each for each in self.threads if each.on(line))

    @property
    def other_threads(self) -> tuple[Thread, ...]:
        """The threads whose line this diff does not show."""
        return tuple(t for t in self.threads if not any(t.on(line) for line in self.lines))


@dataclass(frozen=True)
class Pull:
    """What a pull request has besides its conversation."""

    draft: bool
    merged: bool
    merged_by: str
    mergeable: bool
    base: str
    head: str
    head_sha: str
    commits: tuple[Commit, ...]
    files: tuple[FileDiff, ...]
    checks: tuple[Check, ...]
    reviewers: tuple[Person, ...]

    @property
    def additions(self) -> int:
        """Lines added in all files."""
        return sum(file.additions for file in self.files)

    @property
    def deletions(self) -> int:
        """Lines deleted in all files."""
        return sum(file.deletions for file in self.files)
