"""Git over HTTP: `git http-backend` as a CGI program, behind this GitHub's tokens."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from flask import Blueprint, Response, request

from demo.github.acts.pushes import RefMove, pushed
from demo.github.auth import Caller, identify
from demo.github.commit_making import may_touch_workflows
from demo.github.errors import BadCredentials, GitHubError, NotFound
from demo.github.git_hooks import MOVES_FILE, WORKFLOWS_REFUSED
from demo.github.git_store import ZERO, git_environment
from demo.github.http_server import DROP_CONNECTION
from demo.github.permissions import Need, may, sees
from demo.github.records import Repository
from demo.github.state import State

READ = Need(("contents",), "read", "read")
WRITE = Need(("contents",), "write", "write")
PIECE = 65_536
SERVICES = {"git-upload-pack": "git/upload-pack", "git-receive-pack": "git/receive-pack"}


def git_blueprint(state: State) -> Blueprint:
    """Serve fetch and push for every repository, with and without `.git` in the address."""
    blueprint = Blueprint("git", __name__)

    def run(owner: str, repo: str, rest: str) -> Response:
        service = request.args.get("service", "") if rest == "info/refs" else rest
        return serve(state, owner, repo.removesuffix(".git"), rest, service)

    for rest in ("info/refs", *SERVICES):
        blueprint.add_url_rule(
            f"/<owner>/<repo>/{rest}",
            endpoint=rest.replace("/", "-"),
            view_func=run,
            defaults={"rest": rest},
            methods=["GET" if rest == "info/refs" else "POST"],
        )
    return blueprint


def serve(state: State, owner: str, name: str, rest: str, service: str) -> Response:
    """Answer one request of git."""
    if service not in SERVICES:
        return Response("Please upgrade your git client.\n", 403, content_type="text/plain")
    # The advertisement is not the operation: faults meet the request that does the work.
    fault = state.faults.meet(SERVICES[service]) if rest != "info/refs" else None
    if fault is not None:
        time.sleep(fault.latency_s)
        if fault.status is not None and not fault.after:
            return Response(fault.message, fault.status, fault.headers)
    try:
        with state.lock:
            caller = identify(state, request.headers.get("Authorization", ""))
            repository = _admit(state, owner, name, caller, service)
    except GitHubError as error:
        return _refusal(error)
    if fault is not None and fault.drop and not fault.after:
        request.environ[DROP_CONNECTION] = True
        return Response()
    response = _run(state, repository, caller, rest, service)
    if fault is not None and fault.drop:
        response.close()
        request.environ[DROP_CONNECTION] = True
    return response


def _admit(state: State, owner: str, name: str, caller: Caller, service: str) -> Repository:
    if caller.app is not None:
        raise BadCredentials("Invalid username or token.")
    try:
        repository = state.repository(owner, name)
    except NotFound:
        repository = None
    if repository is None or not sees(caller, repository):
        if caller.user is None:
            raise BadCredentials("Repository not found.")
        raise GitHubError(404, "Repository not found.")
    push = service == "git-receive-pack"
    if push and caller.user is None:
        raise BadCredentials("No anonymous write access.")
    if push and repository.archived:
        raise GitHubError(403, "This repository was archived so it is read-only.")
    if not may(caller, repository, WRITE if push else READ):
        raise GitHubError(403, _denied(caller, repository, push=push))
    return repository


def _denied(caller: Caller, repository: Repository, *, push: bool) -> str:
    if caller.installation is not None:
        return f"{'Write access' if push else 'Access'} to repository not granted."
    login = caller.user.login if caller.user else "anonymous"
    return f"Permission to {repository.full_name}.git denied to {login}."


def _refusal(error: GitHubError) -> Response:
    response = Response(f"{error.message}\n", error.status, content_type="text/plain")
    if isinstance(error, BadCredentials):
        response.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
    return response


def _run(state: State, repository: Repository, caller: Caller, rest: str, service: str) -> Response:
    with tempfile.TemporaryDirectory() as folder:
        moves = Path(folder, "moves")
        process = _start(repository, caller, rest, moves)
        assert process.stdout is not None  # noqa: S101 - opened as a pipe below
        status, headers = _head(process.stdout)
        if service == "git-upload-pack":
            return Response(_stream(process), status, headers)
        # A push is announced before its answer goes out, so that whoever pushed sees the effect.
        text = b"".join(_stream(process))
        with state.lock:
            for move in _moves(moves):
                pushed(state, repository, caller.actor(), move)
    return Response(text, status, headers)


def _start(
    repository: Repository, caller: Caller, rest: str, moves: Path
) -> subprocess.Popen[bytes]:
    environment = git_environment() | {
        "GIT_PROJECT_ROOT": str(repository.path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.path.name}/{rest}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode(),
        "CONTENT_TYPE": request.content_type or "",
        "CONTENT_LENGTH": str(request.content_length or 0),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
        MOVES_FILE: str(moves),
    }
    if caller.user is not None:
        environment["REMOTE_USER"] = caller.user.login
    if not may_touch_workflows(caller):
        environment[WORKFLOWS_REFUSED] = "yes"
    with tempfile.TemporaryFile() as body:
        while piece := request.stream.read(PIECE):
            body.write(piece)
        body.flush()
        os.lseek(body.fileno(), 0, os.SEEK_SET)
        return subprocess.Popen(
            ["git", "http-backend"],
            stdin=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )


def _head(stream: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    status, headers = 200, []
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    return status, headers


def _stream(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    stream: Any = process.stdout
    try:
        while piece := stream.read1(PIECE):
            yield piece
    finally:
        stream.close()
        process.wait()


def _moves(file: Path) -> list[RefMove]:
    if not file.exists():
        return []
    found = []
    for line in file.read_text().splitlines():
        old, new, ref = line.split(" ", 2)
        found.append(RefMove(ref, None if old == ZERO else old, None if new == ZERO else new))
    return found
