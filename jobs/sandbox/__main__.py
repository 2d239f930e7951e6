"""Opens a shell in a sandbox, for a person who wants to see what the agent sees.

The shell is an exec of Docker's command line: a person needs a terminal, which the agent has not.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from jobs.sandbox import SandboxError
from jobs.sandbox.engine import Engine
from jobs.sandbox.inside.shells import ENVIRONMENT
from jobs.sandbox.profile import AGENT

_A_DAY_S = 24 * 3600.0
_SHELL = 'cd /workspace/repo; [ ! -r "$AGENT_ENV" ] || . "$AGENT_ENV"; exec bash'


def main(arguments: list[str]) -> int:
    """Start a sandbox with the named repository in it, and a shell in there."""
    parser = argparse.ArgumentParser(prog="script/sandbox", description=__doc__)
    parser.add_argument("repository", help="a folder with a git repository")
    parser.add_argument("--image", default="patchbay/python")
    parser.add_argument("--docker-host", required=True)
    chosen = parser.parse_args(arguments)
    git = ["git", "-C", str(Path(chosen.repository).resolve())]
    try:
        head = subprocess.run(
            [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
        ).stdout.strip()
        pack = subprocess.run(
            [*git, "pack-objects", "--revs", "--stdout", "-q"],
            input=f"{head}\n".encode(),
            check=True,
            capture_output=True,
        ).stdout
        return _open(chosen, head, pack)
    except (SandboxError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"script/sandbox: {error}\n")
        return 1


def _open(chosen: argparse.Namespace, head: str, pack: bytes) -> int:
    made = Engine(chosen.docker_host, owner="people")
    with made.start(chosen.image, task_id="shell", epoch=0, deadline_s=_A_DAY_S) as sandbox:
        sandbox.put([pack], head)
        environment = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        terminal = ["--tty"] if sys.stdin.isatty() else []
        return subprocess.run(
            [
                *("docker", "--host", chosen.docker_host, "exec", "--interactive", *terminal),
                *(part for pair in environment for part in ("--env", pair)),
                *("--user", AGENT, sandbox.container, "bash", "-c", _SHELL),
            ],
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
