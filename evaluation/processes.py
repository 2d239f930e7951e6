"""Starts the processes of an evaluation, each with its environment, and ends them."""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.instances import Json
from jobs.engine import owner_in
from jobs.keeper.client import Keeper
from jobs.sandbox.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
_POLITE_S = 30.0
_SAID = 2_000
_TRACEBACK = "Traceback (most recent call last)"
# The kernel tells a child when this process is gone, also when it had no chance to say so itself.
_NOT_WITHOUT_US = ("setpriv", "--pdeathsig", "TERM", "--")


@dataclass(frozen=True)
class Ended:
    """How a child ended, and the last that it said."""

    code: int
    said: str


@dataclass
class Children:
    """The processes that work now; once they are asked to leave, no other begins."""

    environment: Mapping[str, str]
    leaving: threading.Event = field(default_factory=threading.Event)
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, module: str, order: Json, log: Path, **more: str) -> Ended | None:
        """Run a module of ours on an order, and wait for it; None if there is no time any more."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a+", encoding="utf-8", errors="replace") as output:
            child = self._start([sys.executable, "-m", module], output.fileno(), more)
            if child is None:
                return None
            child.communicate(json.dumps(order))
            with self._lock:
                self._running.discard(child)
        return Ended(child.returncode, last_words(log.read_text("utf-8", "replace")))

    def leave_soon(self) -> None:
        """Do the same as `leave` in a moment: a signal may come while the lock is held."""
        threading.Thread(target=self.leave, name="leaving").start()

    def leave(self) -> None:
        """Ask all of them to end; each leaves its work so that another can go on with it."""
        with self._lock:
            self.leaving.set()
            for child in self._running:
                child.send_signal(signal.SIGTERM)

    def _start(
        self, command: list[str], output: int, more: Mapping[str, str]
    ) -> "subprocess.Popen[str] | None":
        with self._lock:
            if self.leaving.is_set():
                return None
            child = subprocess.Popen(
                [*_NOT_WITHOUT_US, *command],
                cwd=ROOT,
                env={**self.environment, **more},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
            self._running.add(child)
            return child


def last_words(text: str) -> str:
    """Return the end of a process's log in a line: the error's own words, if it fell over one."""
    lines = [line for line in text.splitlines() if line.strip()]
    traced = [at for at, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if traced:
        lines = [line for line in lines[traced[-1] + 1 :] if not line.startswith(" ")]
    return " ".join(" ".join(lines if traced else lines[-1:]).split())[:_SAID]


def model_chosen(name: str) -> Json:
    """Return what a run's attempts will ask: `model` and `server`; ValueError if it cannot be."""
    with tempfile.TemporaryDirectory(prefix="patchbay-") as folder:
        told = subprocess.run(
            [sys.executable, "-m", "evaluation.model_chosen", name],
            cwd=ROOT,
            env=_environment(Path(folder), Path(folder) / "keeper.sock", ()),
            check=False,
            capture_output=True,
            text=True,
        )
    if told.returncode != 0:
        raise ValueError(last_words(told.stderr))
    found: Json = json.loads(told.stdout)
    return found


@contextmanager
def house(folder: Path, images: tuple[str, ...], **more: str) -> Iterator[tuple[Children, Keeper]]:
    """Run a keeper of this evaluation's own; `folder` has the records and the mirrors.

    What set-ups left in the engine is thrown away at the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A socket's path has to be short, wherever the folder is.
    with tempfile.TemporaryDirectory(prefix="patchbay-") as short:
        environment = _environment(folder, Path(short) / "keeper.sock", images) | more
        with (folder / "keeper.log").open("ab") as log:
            process = subprocess.Popen(
                [*_NOT_WITHOUT_US, "script/keeper"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            keeper = Keeper(Path(short) / "keeper.sock", patience_s=60)
            keeper.running()
            yield Children(environment), keeper
        finally:
            process.terminate()
            try:
                process.wait(_POLITE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _forget_environments(folder, environment)


def _forget_environments(folder: Path, environment: Mapping[str, str]) -> None:
    engine = Engine(environment.get("DOCKER_HOST"), owner=owner_in(folder))
    for stored in engine.snapshots.stored():
        engine.snapshots.remove(stored)
    engine.close()


def _environment(folder: Path, socket: Path, images: tuple[str, ...]) -> dict[str, str]:
    """Return the caller's environment as the settings of an installation without GitHub."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    allowed = os.environ.get("PATCHBAY_SANDBOX_IMAGES") or ",".join(_OUR_IMAGES)
    none = f"there-is-no-app-{secrets.token_hex(16)}"
    return {
        "PATCHBAY_LOG_FORMAT": "console",
        "PATCHBAY_LOG_LEVEL": "warning",
        "PATCHBAY_POOL_SIZE": "0",
        **kept,
        "PATCHBAY_GITHUB_APP_ID": "1",
        "PATCHBAY_GITHUB_PRIVATE_KEY": none,
        "PATCHBAY_WEBHOOK_SECRET": none,
        "PATCHBAY_AT_BUDGET_END": "end",  # nobody is there to give more
        "PATCHBAY_DATA_DIR": str(folder.resolve()),
        "PATCHBAY_KEEPER_SOCKET": str(socket),
        "PATCHBAY_SANDBOX_IMAGES": ",".join(dict.fromkeys([*allowed.split(","), *images])),
    }


_NOT_OURS = {"DATABASE_URL", "REDIS_URL", "PATCHBAY_GITHUB_PRIVATE_KEY_FILE"}
"""Settings of an installation that may run on this machine too."""
_OUR_IMAGES = tuple(f"patchbay/{name}" for name in ("base", "python", "node", "go", "full"))
