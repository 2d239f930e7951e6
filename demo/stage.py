"""Sets the stage of the demo: a local GitHub with a repository and issues in it, and a model."""

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.github.errors import GitHubError
from demo.github.server import LocalGitHub
from demo.model.server import ScriptedModel
from demo.options import Options
from demo.processes import free_port
from demo.source import CannotSetStage, copy_of, name_of, read_issue

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "demo" / "samples" / "shop"
ASKS, MAINTAINS, READS = "maria", "li", "sam"
OWNER = "corner-shop"
WEBHOOK_SECRET = "the-demo-signs-with-this-and-nothing-else"  # noqa: S105 - of this machine's demo
SCRIPTED = "scripted"
_AS_MARIA = ("-c", "user.name=Maria", "-c", "user.email=maria@example.org")


@dataclass(frozen=True)
class ModelAddress:
    """Where the bot finds its model."""

    base_url: str
    key: str
    name: str


class Stage:
    """The outside world of one demo; leaving the block takes it down."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.port = 0
        self.web_port = free_port()
        self.data = Path()
        self.repository = ""
        self.issues: list[int] = []
        self._end = ExitStack()

    def __enter__(self) -> Self:
        """Start the local GitHub and the model, and put the repository there."""
        with ExitStack() as partly:
            # Short, since unix sockets lie in it.
            self.data = Path(partly.enter_context(tempfile.TemporaryDirectory(prefix="patchbay-")))
            self.model = self._model(partly)
            self.github = LocalGitHub(self.data / "github")
            partly.callback(self.github.stop)
            self.port = free_port(self.options.port)
            self.github.start(port=self.port)
            self._furnish()
            self._end = partly.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take everything down."""
        self._end.close()

    def _model(self, partly: ExitStack) -> ModelAddress:
        key = os.environ.get("OPENAI_API_KEY", "")
        if key and not self.options.script and not self.options.conversation:
            if not os.environ.get("MODEL"):
                raise CannotSetStage(
                    "OPENAI_API_KEY is set, so a real model will work: name it in MODEL."
                )
            base_url = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
            return ModelAddress(base_url, key, os.environ["MODEL"])
        scripts = self.options.script or SAMPLE / "turns"
        try:
            model = partly.enter_context(ScriptedModel(scripts, latency=self.options.latency_s))
        except UnicodeDecodeError as wrong:
            raise CannotSetStage(f"{scripts} is not text in UTF-8: {wrong}") from wrong
        return ModelAddress(model.base_url, "none-needed", SCRIPTED)

    def _furnish(self) -> None:
        if self.options.repository and self.options.issue:
            source, name = self.data / "given.git", name_of(self.options.repository)
            branch = copy_of(self.options.repository, source)
            issues = [read_issue(self.options.issue)]
        else:
            source, name, branch = self._sample(), "shop", "main"
            issues = [read_issue(file) for file in sorted((SAMPLE / "issues").glob("*.md"))]
        for person in (ASKS, MAINTAINS, READS):
            self.github.create_user(person)
        try:
            self.github.create_repository(OWNER, name, from_git=source, branch=branch)
        except GitHubError as refused:
            raise CannotSetStage(f"{source} cannot be put on GitHub: {refused}") from refused
        shutil.rmtree(source)
        self.repository = f"{OWNER}/{name}"
        for person, role in ((ASKS, "write"), (MAINTAINS, "maintain"), (READS, "read")):
            self.github.add_collaborator(self.repository, person, role)
        self.app_id, private_key = self.github.create_app(
            "patchbay", f"http://127.0.0.1:{self.web_port}/webhook", WEBHOOK_SECRET
        )
        self.private_key_file = self.data / "app.pem"
        self.private_key_file.write_text(private_key)
        self.private_key_file.chmod(0o600)
        self.github.install(self.app_id, self.repository)
        self.issues = [
            self.github.open_issue(self.repository, ASKS, title, body) for title, body in issues
        ]

    def _sample(self) -> Path:
        folder = self.data / "sample"
        shutil.copytree(SAMPLE / "project", folder)
        # Whatever the caller's git signs or hooks into commits, this one is the same everywhere.
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for arguments in (
            ["init", "-q", "-b", "main"],
            ["add", "-A"],
            [*_AS_MARIA, "commit", "-q", "-m", "The shop as it is"],
        ):
            subprocess.run(["git", *arguments], cwd=folder, check=True, env=environment)
        return folder

    def issue_url(self, number: int) -> str:
        """Return the address of an issue's page."""
        return f"{self.github.url}/{self.repository}/issues/{number}"

    def _second_thing_to_try(self) -> str:
        if self.model.name != SCRIPTED or self.options.repository or self.options.script:
            return ""
        return f"Or begin with a plan, on {self.issue_url(self.issues[-1])}: /agent plan\n"

    def welcome(self, logs: Path) -> str:
        """Say where to look and what to do."""
        known = "" if self.model.name == SCRIPTED else f"\nThe model is {self.model.name}."
        return (
            f"\nThe local GitHub is ready: {self.issue_url(self.issues[0])}\n"
            f"Write there, as {ASKS}: /agent fix this\n"
            f"{self._second_thing_to_try()}"
            f"Tasks and their live logs: http://127.0.0.1:{self.web_port}/tasks\n"
            f"Logs of the processes: {logs}{known}\n"
            "Ctrl-C stops everything."
        )
