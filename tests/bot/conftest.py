"""A front door for the bot: signed deliveries of the local GitHub in, what it shows after, out."""

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.comments import Limits
from bot.dispatch import handle
from bot.github_app import GitHubApp
from bot.model_settings import Model
from bot.payloads import parse
from bot.project import Projects
from bot.request import Context, Outcome
from bot.webhook import verify
from demo.github.server import LocalGitHub
from jobs.project_file.file import read_project
from jobs.repository.protected import why_blocked
from records.database import migrate, open_database
from records.deliveries import DeliveryState
from records.effects import Effects
from records.tasks import Tasks

SECRET = "a webhook secret of well over thirty-two bytes"
REPOSITORY = "acme/shop"
MODELS = (Model(name="fast", model="gpt-5-mini"), Model(name="deep", model="gpt-5.2"))


@dataclass
class FrontDoor:
    """The bot's ears and mouth at a GitHub of their own."""

    github: LocalGitHub
    app: GitHubApp
    installation_id: int
    repository_id: int
    context: Context
    heard: "queue.Queue[tuple[str, bytes, str]]"
    woken: list[str] = field(default_factory=list)

    def next(self, by: str) -> tuple[str, bytes]:
        """Return the next signed delivery of what somebody did; the bot hears itself in between."""
        while True:
            event, body, signature = self.heard.get(timeout=15)
            verify(SECRET.encode(), body, signature)
            if json.loads(body)["sender"]["login"] == by:
                return event, body

    def answer(self, event: str, body: bytes) -> Outcome:
        """Handle a delivery as the intake worker does, until there is nothing left to do."""
        while True:
            outcome = handle(parse(event, body), self.context)
            if outcome.state is not DeliveryState.RECEIVED:
                return outcome

    def next_outcome(self, by: str = "maria") -> Outcome:
        """Handle the next delivery of what somebody did."""
        return self.answer(*self.next(by))

    def command(self, number: int, user: str, text: str) -> Outcome:
        """Let a person comment, and handle that."""
        self.github.comment(REPOSITORY, number, user, text)
        return self.next_outcome(user)

    def issue(self, user: str = "maria", title: str = "Tax is wrong", body: str = "See.") -> int:
        """Open an issue, and let the bot ignore that."""
        number = self.github.open_issue(REPOSITORY, user, title, body)
        self.next_outcome(user)
        return number

    def bot_comments(self, number: int) -> list[str]:
        """Return what the bot has written on an issue."""
        return [
            comment["body"]
            for comment in self.github.comments(REPOSITORY, number)
            if comment["user"]["type"] == "Bot"
        ]

    def reactions(self, comment_id: int) -> list[str]:
        """Return the reactions on a comment."""
        found = self.github.reactions(REPOSITORY, comment_id=comment_id)
        return [reaction["content"] for reaction in found]

    def last_comment_of(self, number: int, user: str) -> int:
        """Return the id of somebody's newest comment."""
        mine = [
            comment["id"]
            for comment in self.github.comments(REPOSITORY, number)
            if comment["user"]["login"] == user
        ]
        return int(mine[-1])


class _Ears(BaseHTTPRequestHandler):
    heard: "queue.Queue[tuple[str, bytes, str]]"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.put((self.headers["X-GitHub-Event"], body, self.headers["X-Hub-Signature-256"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def ears() -> Iterator[tuple[str, "queue.Queue[tuple[str, bytes, str]]"]]:
    """A receiver of webhooks: its address, and what came."""
    heard: queue.Queue[tuple[str, bytes, str]] = queue.Queue()
    handler = type("Ears", (_Ears,), {"heard": heard})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/webhook", heard
        server.shutdown()
        thread.join()


@pytest.fixture
def sample_repository(tmp_path: Path) -> Path:
    """A git repository with one commit."""
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "tax.py").write_text("RATE = 0.19\n")
    (folder / "notes.txt").write_text("ünï\n")
    identity = ["-c", "user.name=Maria", "-c", "user.email=maria@example.org"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*identity, "commit", "-q", "-m", "First"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture
def front_door(
    checked_github: LocalGitHub,
    ears: tuple[str, "queue.Queue[tuple[str, bytes, str]]"],
    tmp_path: Path,
    sample_repository: Path,
) -> FrontDoor:
    """A repository with people of every role, the App on it, and the bot listening.

    When the test ends, every request of the bot is held against GitHub's own description.
    """
    url, heard = ears
    repository_id = checked_github.create_repository("acme", "shop", sample_repository, "main")
    for login in ("maria", "write", "maintain", "admin", "read", "triage", "none"):
        role = "write" if login == "maria" else login
        checked_github.create_user(login)
        checked_github.add_collaborator(REPOSITORY, login, role)
    app_id, key = checked_github.create_app("patchbay-demo", url, SECRET)
    installation_id = checked_github.install(app_id, REPOSITORY)
    checked_github.wait_for_deliveries()
    while not heard.empty():
        heard.get()
    database_url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate(database_url)
    database = open_database(database_url)
    woken: list[str] = []
    app = GitHubApp(app_id, key, checked_github.api_url)
    context = make_context(Tasks(database), Effects(database, pauses_s=(0.0,)), app, woken.append)
    return FrontDoor(checked_github, app, installation_id, repository_id, context, heard, woken)


def make_context(
    tasks: Tasks, effects: Effects, app: GitHubApp, wake: Callable[[str], None]
) -> Context:
    """Return a context with ordinary settings."""
    return Context(
        tasks=tasks,
        effects=effects,
        github=app,
        wake=wake,
        secret=b"markers",
        limits=Limits(turns=200, minutes=60, tokens=4_000_000),
        models=MODELS,
        protected=why_blocked,
        projects=Projects(read_project),
        task_url=lambda task_id: f"http://127.0.0.1:8000/tasks/{task_id}",
    )
