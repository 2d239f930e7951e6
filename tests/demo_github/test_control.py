"""The local GitHub as a process of its own, run over HTTP by others."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.github.server import LocalGitHub

Control = Callable[..., Any]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "demo.github", "--port", str(port), "--data",
               str(tmp_path / "data"), "--socket", str(tmp_path / "gh.sock")]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert f"http://127.0.0.1:{port}" in started.stdout.readline()
        yield f"http://127.0.0.1:{port}", started
        if started.poll() is None:
            started.kill()


def test_a_second_start_in_the_same_folder_works(tmp_path: Path, source: Path) -> None:
    for _ in range(2):
        with LocalGitHub(tmp_path / "data") as github:
            github.create_repository("ann", "shop", source)
            assert github.state.repository("ann", "shop").git.ref("refs/heads/main")


def test_another_process_can_do_all_that_a_test_can(
    process: tuple[str, subprocess.Popen[str]], source: Path
) -> None:
    url, started = process
    with requests.Session() as http:

        def control(method: str, **arguments: Any) -> Any:
            answer = http.post(f"{url}/_control/{method}", json=arguments, timeout=10)
            assert answer.status_code == 200, answer.text
            return answer.json()["result"]

        control("create_user", login="ann", name="Ann")
        control("create_repository", owner="ann", name="shop", from_git=str(source))
        app_id, key = control("create_app", slug="patchbay", webhook_secret="s" * 40)
        assert key.startswith("-----BEGIN RSA PRIVATE KEY-----")
        assert control("install", app=app_id, repository="ann/shop") > 0
        number = control(
            "open_issue", repository="ann/shop", user="ann", title="Bug", body="Broken"
        )
        control("comment", repository="ann/shop", number=number, user="ann", body="/agent fix")
        comments = control("comments", repository="ann/shop", number=number)
        assert [each["body"] for each in comments] == ["/agent fix"]
        assert control("pull_requests", repository="ann/shop") == []
        token = control("user_token", login="ann")
        control("fault", operation="users/get-authenticated", status=503)
        headers = {"Authorization": f"token {token}"}
        got = [http.get(f"{url}/api/v3/user", headers=headers, timeout=5) for _ in range(2)]
        assert [each.status_code for each in got] == [503, 200]
        assert control("exchanges_since", number=0)[-1]["operation"] == "users/get-authenticated"

        assert http.get(f"{url}/_control/", timeout=5).json()["comment"]["does"]
        for method, arguments in [("nothing", {}), ("comment", {"wrong": 1}), ("user", {})]:
            answer = http.post(f"{url}/_control/{method}", json=arguments, timeout=5)
            assert answer.status_code in {400, 404}
            assert answer.json()["error"]
    started.send_signal(signal.SIGTERM)
    assert started.wait(15) == 0
