"""Opens a shell in a sandbox, for a person who wants to see what the agent sees.

The environment is prepared as for a task, by the same code. The shell is an exec of Docker's
command line: a person needs a terminal, which the agent has not.
"""

import argparse
import shlex
import subprocess
import sys
import threading
import zlib
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from bot.settings import KeeperSettings, SettingsError, SetupSettings
from jobs.engine import engine_of, owner_in
from jobs.repository.git import Git, GitFailed
from jobs.repository.mirror import Mirror, Mirrors
from jobs.sandbox import Sandbox, SandboxError, SnapshotMissing
from jobs.sandbox.engine import Engine
from jobs.sandbox.inside.shells import ENVIRONMENT
from jobs.sandbox.profile import AGENT
from jobs.setup.outcome import Shelf
from jobs.setup.prepare import Setup, Site
from jobs.setup.rules import SetupRules

_A_DAY_S = 24 * 3600.0
_START = 'cd /workspace/repo; [ ! -r "$AGENT_ENV" ] || . "$AGENT_ENV"; '
_PEOPLE = "people"
"""Their part of the data folder; what is theirs there and on the engine no keeper clears up."""


def main(arguments: list[str]) -> int:
    """Prepare the environment of a repository, and run a shell or one command in it."""
    arguments, command = _split(arguments)
    parser = argparse.ArgumentParser(
        prog="script/sandbox", usage="%(prog)s [REPOSITORY] [options] [-- COMMAND …]"
    )
    parser.add_argument("repository", type=Path, help="a folder with a git repository")
    parser.add_argument("--image", help="this image, whatever the repository holds")
    parser.add_argument("--no-setup", action="store_true", help="nothing is installed beforehand")
    parser.add_argument("--docker-host", required=True, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen, command)
    except (SandboxError, GitFailed, SettingsError) as error:
        sys.stderr.write(f"script/sandbox: {error}\n")
        return 1


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the options, and the command behind `--`."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _run(chosen: argparse.Namespace, command: list[str]) -> int:
    settings = SetupSettings.load()
    place = settings.data_dir.resolve() / _PEOPLE
    keepers = KeeperSettings().model_copy(update={"docker_host": chosen.docker_host})
    engine = engine_of(keepers, owner_in(place))
    engine.sweep()  # what an earlier one left that was killed
    folder = chosen.repository.resolve()
    number = zlib.crc32(str(folder).encode())
    mirror = Mirrors(place / "mirrors", Git(allow_file=True)).open(number)
    sha = mirror.fetch(folder.as_uri(), _head(folder))
    rules = replace(SetupRules.of(settings), enabled=not chosen.no_setup)
    if chosen.image:
        rules = replace(rules, one_image=chosen.image, images=(chosen.image,))
    site = Site(number, mirror, sha, "shell", 0, _tell, threading.Event(), lambda _: nullcontext())
    setup = Setup(engine, rules, Shelf(place / "setups"), site)
    try:
        started = _start(engine, setup)
    except SnapshotMissing:
        setup.forget()
        started = _start(engine, setup)
    with started as sandbox:
        _put(mirror, sha, sandbox)
        return _shell(chosen.docker_host, sandbox, command)


def _start(engine: Engine, setup: Setup) -> Sandbox:
    found = setup.environment()
    _tell("start a sandbox", found.words())
    return engine.start(
        found.image, task_id="shell", epoch=0, deadline_s=_A_DAY_S, snapshot=found.snapshot
    )


def _head(folder: Path) -> str:
    """Ask git what is checked out; as who owns the folder is none of its business here."""
    asked = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), "rev-parse", "HEAD"]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SandboxError(f"{folder}: {ended.stderr.strip()}")
    return ended.stdout.strip()


def _put(mirror: Mirror, sha: str, sandbox: Sandbox) -> None:
    pack = mirror.pack(sha)
    sandbox.put(pack, sha, pack.shallow)


def _shell(docker_host: str, sandbox: Sandbox, command: list[str]) -> int:
    environment = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    terminal = ["--tty"] if sys.stdin.isatty() else []
    inside = _START + (shlex.join(command) if command else "exec bash")
    return subprocess.run(
        [
            *("docker", "--host", docker_host, "exec", "--interactive", *terminal),
            *(part for pair in environment for part in ("--env", pair)),
            *("--user", AGENT, sandbox.container, "bash", "-c", inside),
        ],
        check=False,
    ).returncode


def _tell(title: str, result: str = "", text: str = "") -> None:
    """Say to a person what a task would have in its log."""
    lines = [
        f"{title}: {result}" if result else title,
        *(f"    {each}" for each in text.split("\n")),
    ]
    sys.stderr.write("\n".join(line for line in lines if line.strip()) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
