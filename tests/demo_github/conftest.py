"""A small world on the local GitHub: people with roles, a repository, an App on it."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from demo.github.server import LocalGitHub

PEOPLE = {
    "reader": "read",
    "sorter": "triage",
    "writer": "write",
    "keeper": "maintain",
    "boss": "admin",
}
FILES = {
    "README.md": "# Shop\n",
    "shop.py": "def total(prices):\n    return sum(prices) - 1\n",
    "docs/deep/note.md": "deep\n",
    "run.sh": "#!/bin/sh\ntrue\n",
}


def git(folder: Path, *arguments: str, ok: bool = True) -> str:
    """Run git as a person would, with nothing of this machine's settings."""
    done = subprocess.run(
        ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
        },
    )
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout + done.stderr


@dataclass
class World:
    """The server with what was put into it, and ways to call it."""

    github: LocalGitHub
    http: requests.Session
    app_id: int
    private_key: str
    installation_id: int
    repository: str = "ann/shop"

    def jwt(self, issued: float = -60, expires: float = 300, **claims: Any) -> str:
        """Sign as the App; times are seconds from now."""
        now = int(time.time())
        content = {"iat": now + int(issued), "exp": now + int(expires), "iss": str(self.app_id)}
        return jwt.encode(content | claims, self.private_key, "RS256")

    def call(
        self, method: str, path: str, token: str = "", body: Any = None, **headers: str
    ) -> requests.Response:
        """Call the REST API."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.request(
            method, f"{self.github.api_url}{path}", json=body, headers=headers, timeout=10
        )

    def token(self, **asked: Any) -> str:
        """Get an installation token."""
        path = f"/app/installations/{self.installation_id}/access_tokens"
        answer = self.call("POST", path, self.jwt(), asked)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def graphql(self, token: str, query: str, **variables: Any) -> Any:
        """Ask a GraphQL question."""
        answer = self.http.post(
            self.github.graphql,
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def head(self, branch: str = "main") -> str:
        """The id of a branch's newest commit."""
        found = self.github.state.repository("ann", "shop").git.ref(f"refs/heads/{branch}")
        assert found is not None
        return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "run.sh").chmod(0o755)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


def populated(github: LocalGitHub, source: Path) -> Iterator[World]:
    github.create_user("ann")
    github.create_repository("ann", "shop", source)
    github.create_repository("ann", "other", source)
    for login, role in PEOPLE.items():
        github.add_collaborator("ann/shop", login, role)
    github.create_user("stranger")
    app_id, private_key = github.create_app("patchbay", "", "s" * 40)
    installation_id = github.install("patchbay", "ann/shop")
    with requests.Session() as http:
        yield World(github, http, app_id, private_key, installation_id)


@pytest.fixture
def world(local_github: LocalGitHub, source: Path) -> Iterator[World]:
    yield from populated(local_github, source)


@pytest.fixture
def checked_world(checked_github: LocalGitHub, source: Path) -> Iterator[World]:
    """The same, with every word held against GitHub's descriptions."""
    yield from populated(checked_github, source)
