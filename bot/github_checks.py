"""Speaks to GitHub about what is checked on commits: check runs, their logs, running them again.

https://docs.github.com/en/rest/checks and https://docs.github.com/en/rest/actions
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import quote

from bot.github_errors import Forbidden, NotFound

Conclusion = Literal["success", "neutral", "failure", "action_required", "cancelled"]
"""How a check run of ours can end."""
_A_PAGE, _PAGES = 100, 10
MOST_BUTTONS = 3
MOST_ANNOTATIONS = 10
_LABEL, _DESCRIPTION = 20, 40
"""GitHub refuses a button with more letters than these."""
ACTIONS = "github-actions"
"""The App as which GitHub's own workflows report; its check runs have the numbers of its jobs."""


class Api(Protocol):
    """What is needed of GitHub's APIs; `bot.github_api.GitHubApi` has it."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""

    def tail_of_download(self, path: str, limit: int) -> bytes:
        """Read the last bytes of a file that lies elsewhere."""


@dataclass(frozen=True)
class CheckRun:
    """What one check says about one commit."""

    id: int
    name: str
    app: str
    """The slug of the App that reports it."""
    suite_id: int
    status: str
    conclusion: str
    """Empty while it runs."""
    title: str
    url: str
    external_id: str

    @property
    def failed(self) -> bool:
        """Whether it ended, and not well."""
        return self.conclusion not in {"", "success", "neutral", "skipped"}


@dataclass(frozen=True)
class Annotation:
    """A remark of a check on lines of a file."""

    path: str
    line: int
    message: str
    level: str = "warning"

    def as_fields(self) -> dict[str, Any]:
        """Write it as GitHub wants it."""
        return {
            "path": self.path,
            "start_line": self.line,
            "end_line": self.line,
            "annotation_level": self.level,
            "message": self.message,
        }


@dataclass(frozen=True)
class Button:
    """A button under a check run; whoever presses it makes an event with its name."""

    label: str
    description: str
    name: str

    def as_fields(self) -> dict[str, str]:
        """Write it as GitHub wants it."""
        return {
            "label": self.label[:_LABEL],
            "description": self.description[:_DESCRIPTION],
            "identifier": self.name,
        }


@dataclass(frozen=True)
class Report:
    """What a check run of ours shows; without a conclusion it is in progress."""

    title: str
    summary: str
    conclusion: Conclusion | None = None
    buttons: tuple[Button, ...] = ()
    annotations: tuple[Annotation, ...] = ()

    def as_fields(self, *, annotated: bool = False) -> dict[str, Any]:
        """Write it as GitHub wants it; annotations are added up, so each is sent once."""
        output: dict[str, Any] = {"title": self.title, "summary": self.summary}
        if self.annotations and not annotated:
            output["annotations"] = [one.as_fields() for one in self.annotations[:MOST_ANNOTATIONS]]
        how = {"conclusion": self.conclusion} if self.conclusion else {}
        return {
            "status": "completed" if self.conclusion else "in_progress",
            **how,
            "output": output,
            "actions": [one.as_fields() for one in self.buttons[:MOST_BUTTONS]],
        }


class GitHubChecks:
    """The checks of one repository, seen with one token."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api
        self._path = path

    def create(
        self, head_sha: str, name: str, report: Report, *, external_id: str, details_url: str
    ) -> int:
        """Begin a check run of ours on a commit, and return its number."""
        fields = {
            "name": name,
            "head_sha": head_sha,
            "external_id": external_id,
            **({"details_url": details_url} if details_url else {}),
            **report.as_fields(),
        }
        return int(self._api.post(f"{self._path}/check-runs", fields)["id"])

    def update(self, run_id: int, report: Report) -> None:
        """Show something else in a check run of ours; its annotations stay as they are."""
        fields = report.as_fields(annotated=True)
        self._api.patch(f"{self._path}/check-runs/{run_id}", fields)

    def conclude(self, run_id: int, report: Report) -> None:
        """Show the last state of a check run of ours, with its annotations."""
        self._api.patch(f"{self._path}/check-runs/{run_id}", report.as_fields())

    def own(self, head_sha: str, name: str, external_id: str) -> int | None:
        """Find a check run of ours on a commit by what it was filed under."""
        for run in self._listed(head_sha, check_name=name, filter="all"):
            if run.external_id == external_id:
                return run.id
        return None

    def of_commit(self, ref: str) -> tuple[CheckRun, ...]:
        """Return the newest run of each check on a commit or the head of a branch."""
        return tuple(self._listed(ref, filter="latest"))

    def all_of_commit(self, ref: str) -> tuple[CheckRun, ...]:
        """Return every run of each check on a commit, those that were run again too."""
        return tuple(self._listed(ref, filter="all"))

    def remarks(self, run_id: int) -> tuple[str, ...]:
        """Return what a check run remarks, each with its place: first page only."""
        items = self._api.get(f"{self._path}/check-runs/{run_id}/annotations")
        return tuple(_remark(item) for item in items)

    def log(self, run: CheckRun, limit: int) -> str:
        """Return the end of a workflow job's log; nothing where there is none to be had."""
        if run.app != ACTIONS:
            return ""
        try:
            tail = self._api.tail_of_download(f"{self._path}/actions/jobs/{run.id}/logs", limit)
        except (NotFound, Forbidden):
            return ""  # it is gone, or the App may not read Actions
        return tail.decode("utf-8", "replace")

    def run_again(self, suite_id: int) -> bool:
        """Run the failed jobs of a suite's workflow again; False where there is no workflow."""
        found = self._api.get(f"{self._path}/actions/runs", check_suite_id=suite_id)
        runs = found.get("workflow_runs") or ()
        for run in runs:
            self._api.post(f"{self._path}/actions/runs/{run['id']}/rerun-failed-jobs", {})
        return bool(runs)

    def _listed(self, ref: str, **asked: str) -> Sequence[CheckRun]:
        path = f"{self._path}/commits/{quote(ref, safe='')}/check-runs"
        runs: list[CheckRun] = []
        for page in range(1, _PAGES + 1):
            found = self._api.get(path, per_page=_A_PAGE, page=page, **asked)["check_runs"]
            runs += map(_check_run, found)
            if len(found) < _A_PAGE:
                break
        return runs


def _check_run(fields: Mapping[str, Any]) -> CheckRun:
    return CheckRun(
        id=int(fields["id"]),
        name=str(fields["name"]),
        app=str((fields.get("app") or {}).get("slug") or ""),
        suite_id=int((fields.get("check_suite") or {}).get("id") or 0),
        status=str(fields.get("status") or ""),
        conclusion=str(fields.get("conclusion") or ""),
        title=str((fields.get("output") or {}).get("title") or ""),
        url=str(fields.get("html_url") or ""),
        external_id=str(fields.get("external_id") or ""),
    )


def _remark(fields: Mapping[str, Any]) -> str:
    place = f"{fields.get('path') or ''}:{fields.get('start_line') or ''}: "
    return place.removeprefix(":") + str(fields.get("message") or "")
