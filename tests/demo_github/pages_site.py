"""A local GitHub with its pages on a port, some people, a repository, an App and its listener."""

import json
import queue
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from demo.github.acts.accounts import NewApp, create_app, create_user, install
from demo.github.acts.issues import open_issue
from demo.github.acts.pulls import NewPull, open_pull
from demo.github.acts.repositories import (
    NewRepository,
    create_repository,
    fill_repository,
    set_role,
)
from demo.github.git_commit import NewCommit, Person, write_commit
from demo.github.http_server import Server
from demo.github.records import Actor, App, Issue, Repository
from demo.github.server import LocalGitHub
from demo.github.state import State

SECRET = "a secret of thirty-two bytes here"
SHOP = {
    "README.md": "# Shop\n\nSells things.\n",
    "shop/tax.py": '"""Tax."""\n\n\ndef tax(net):\n    return int(net * 0.19)\n\n\nRATE = 19\n',
}
FIXED = SHOP["shop/tax.py"].replace("int(net * 0.19)", "round(net * 0.19)")


@dataclass
class Listener:
    """What an App hears."""

    heard: "queue.Queue[tuple[str, dict[str, Any]]]" = field(default_factory=queue.Queue)

    def application(self) -> Flask:
        app = Flask("listener")

        @app.post("/webhook")
        def webhook() -> Response:
            event = request.headers["X-GitHub-Event"]
            self.heard.put((event, json.loads(request.get_data())))
            return Response(status=202)

        return app

    def wait_for(self, event: str, action: str) -> dict[str, Any]:
        """The next webhook of a kind; others before it are passed over."""
        while True:
            name, body = self.heard.get(timeout=15)
            if (name, body.get("action")) == (event, action):
                return body


@dataclass
class Site:
    """What a test needs of it."""

    state: State
    url: str
    repository: Repository
    app: App
    listener: Listener

    def actor(self, login: str) -> Actor:
        return Actor(self.state.user(login))

    @property
    def bot(self) -> Actor:
        return Actor(self.app.bot, self.app)

    def issue(self, title: str = "Tax is too low", body: str = "Look at `tax`.") -> Issue:
        with self.state.lock:
            return open_issue(self.state, self.repository, self.actor("maria"), title, body)

    def pull(self) -> Issue:
        """A draft pull request of the bot, its commit signed by this GitHub."""
        with self.state.lock:
            git, bot = self.repository.git, self.app.bot
            base = git.ref("refs/heads/main") or ""
            blob = git.write_object("blob", FIXED.encode())
            tree = _tree_with(self.repository, base, f"100644 blob {blob}\ttax.py")
            now = self.state.now()
            sha = write_commit(
                git,
                NewCommit(
                    tree=tree,
                    parents=(base,),
                    author=Person(bot.login, bot.email, now),
                    committer=Person("GitHub", "noreply@github.com", now),
                    message="Round the tax\n\nCo-authored-by: Maria <maria@shop.example>",
                ),
                self.state.signing_key,
            )
            git.update_ref("refs/heads/agent/1-tax-k3f9", sha)
            new = NewPull("Round the tax", "agent/1-tax-k3f9", "main", "Closes #1", draft=True)
            return open_pull(self.state, self.repository, self.bot, new)


def _tree_with(repository: Repository, base: str, entry: str) -> str:
    git = repository.git
    shop = git.text("mktree", stdin=f"{entry}\n".encode())
    lines = git.text("ls-tree", base).splitlines()
    kept = [line for line in lines if not line.endswith("\tshop")]
    return git.text("mktree", stdin="\n".join([*kept, f"040000 tree {shop}\tshop", ""]).encode())


def _source(folder: Path) -> Path:
    for path, text in SHOP.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    identity = ["-c", "user.name=Maria", "-c", "user.email=maria@shop.example"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Open"]):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    return folder


def _fill(state: State, folder: Path, webhook: str) -> tuple[Repository, App]:
    maria = create_user(state, "maria")
    repository = create_repository(state, NewRepository(maria, "shop", private=False))
    fill_repository(repository, _source(folder), "main")
    for login, role in {"li": "write", "sam": "triage", "vera": "read"}.items():
        set_role(repository, create_user(state, login), role)
    app, _ = create_app(state, NewApp("patchbay", maria, "Patchbay", webhook, SECRET))
    install(state, app, repository)
    return repository, app


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Start everything, and stop it at the end."""
    listener = Listener()
    ear = Server(listener.application(), "127.0.0.1", 0)
    ear.start()
    try:
        with LocalGitHub(folder / "data").start() as github:
            webhook = f"http://127.0.0.1:{ear.port}/webhook"
            repository, app = _fill(github.state, folder / "source", webhook)
            yield Site(github.state, github.url, repository, app, listener)
    finally:
        ear.stop()
