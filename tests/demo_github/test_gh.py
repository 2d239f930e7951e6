"""GitHub's command-line client, over a Unix socket, works against the local GitHub."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.demo_github.conftest import World, git

HOST = "github.example"
Gh = Callable[..., str]


@pytest.fixture
def gh(world: World, source: Path, tmp_path: Path) -> Gh:
    """Run `gh` as the person `writer`, in a clone."""
    socket = tmp_path / "gh.sock"
    world.github.listen_on_socket(socket)
    settings = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "GH_CONFIG_DIR": str(tmp_path / "gh"),
        "GH_HOST": HOST,
        "GH_ENTERPRISE_TOKEN": world.github.user_token("writer"),
        "GH_NO_UPDATE_NOTIFIER": "1",
        "GH_PROMPT_DISABLED": "1",
        "NO_COLOR": "1",
    }
    git(source, "remote", "add", "origin", f"https://{HOST}/ann/shop.git")

    def run(*arguments: str, ok: bool = True) -> str:
        done = subprocess.run(
            ["gh", *arguments],
            cwd=source,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode == 0) == ok, done.stderr
        return done.stdout if ok else done.stderr

    run("config", "set", "http_unix_socket", str(socket))
    return run


def test_gh_reads_and_writes_issues(gh: Gh, world: World) -> None:
    gh("issue", "create", "--title", "Prices are wrong", "--body", "By one")
    gh("issue", "comment", "1", "--body", "/agent fix")
    shown = json.loads(gh("issue", "view", "1", "--json", "title,state,author,comments"))
    assert (shown["title"], shown["author"]["login"]) == ("Prices are wrong", "writer")
    assert [each["body"] for each in shown["comments"]] == ["/agent fix"]
    gh("issue", "edit", "1", "--add-label", "bug")
    listed = json.loads(gh("issue", "list", "--label", "bug", "--json", "number,labels"))
    assert [(each["number"], each["labels"][0]["name"]) for each in listed] == [(1, "bug")]
    gh("issue", "close", "1", "--reason", "not planned")
    assert world.github.issue("ann/shop", 1)["state_reason"] == "not_planned"


def test_gh_shows_and_merges_a_pull_request(gh: Gh, world: World) -> None:
    token = world.token()
    body = {"ref": "refs/heads/topic", "sha": world.head()}
    world.call("POST", "/repos/ann/shop/git/refs", token, body)
    content = {"message": "fix", "content": "eAo=", "branch": "topic"}
    world.call("PUT", "/repos/ann/shop/contents/fix.txt", token, content)
    pull = {"title": "Fix", "head": "topic", "base": "main", "draft": True}
    assert world.call("POST", "/repos/ann/shop/pulls", token, pull).status_code == 201
    fields = "title,isDraft,headRefName,mergeable,files,commits,additions"
    shown = json.loads(gh("pr", "view", "1", "--json", fields))
    assert (shown["title"], shown["isDraft"], shown["mergeable"]) == ("Fix", True, "MERGEABLE")
    assert [each["path"] for each in shown["files"]] == ["fix.txt"]
    assert "+x" in gh("pr", "diff", "1")
    gh("pr", "ready", "1")
    gh("pr", "review", "1", "--approve", "--body", "Good")
    assert "Fix" in gh("pr", "list")
    gh("pr", "merge", "1", "--merge")
    assert world.github.pull_requests("ann/shop")[0]["merged"] is True


def test_gh_calls_the_rest_api(gh: Gh, world: World) -> None:
    assert json.loads(gh("api", "repos/ann/shop"))["full_name"] == "ann/shop"
    said = gh("api", "repos/ann/none", ok=False)
    assert "Not Found" in said
    viewer = json.loads(gh("api", "graphql", "-f", "query={viewer{login}}"))
    assert viewer == {"data": {"viewer": {"login": "writer"}}}
    assert "ann/shop" in gh("repo", "view", "ann/shop")
    assert world.github.url.startswith("http://127.0.0.1:")
