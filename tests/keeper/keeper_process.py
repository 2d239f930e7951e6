"""A keeper as it runs in production, to be asked, killed and started again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import docker
from docker.errors import APIError, NotFound

from jobs.engine import owner_in
from jobs.keeper.client import Keeper

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "patchbay/python"


def until(holds: Callable[[], object], what: str, *, within_s: float = 20.0) -> None:
    """Wait until something holds; fail if it does not come to that."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        pause.wait(0.02)


class KeeperProcess:
    """One keeper after another at the same socket."""

    def __init__(self, folder: Path, docker_host: str, **settings: object) -> None:
        self.folder = folder
        self.socket = folder / "keeper.sock"
        self.log = folder / "keeper.log"
        self.client = Keeper(self.socket, patience_s=25.0)
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "DOCKER_HOST": docker_host,
            "PATCHBAY_DATA_DIR": str(folder),
            "PATCHBAY_LOG_FORMAT": "console",
            **{f"PATCHBAY_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self._docker_host = docker_host
        self._engine = docker.APIClient(docker_host, "auto")

    def __enter__(self) -> Self:
        """Start one, and wait until it answers."""
        self.serve()
        return self

    def __exit__(self, *_: object) -> None:
        """End whichever runs now."""
        self.end()

    def start(self, **more: str) -> subprocess.Popen[bytes]:
        """Start one, without waiting for it: a client does."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["script/keeper"],
                cwd=ROOT,
                env={**self._environment, **more},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def serve(self) -> None:
        """Start one, and wait until it answers."""
        self.process = self.start()
        self.client.status()

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """End it politely, if it runs, and whatever it left."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(20) == 0, self.log.read_text()
        self.remove_containers()
        self._engine.close()

    def remove_containers(self) -> None:
        """Remove every container of this installation, and wait until they are gone."""
        for container in self.containers():
            # What was given back a moment ago may be going already.
            with suppress(APIError):
                self._engine.remove_container(container, force=True, v=True)
        until(lambda: not self.containers(), "nothing is left")

    def look_anew(self) -> None:
        """Speak to the engine over new connections: it was started again."""
        self._engine.close()
        self._engine = docker.APIClient(self._docker_host, "auto")

    def words(self) -> str:
        """Return what it has logged."""
        return self.log.read_text()

    def names(self) -> dict[str, str]:
        """Return the name of each container of this installation."""
        owner = f"dev.patchbay.owner={owner_in(self.folder)}"
        found = self._engine.containers(all=True, filters={"label": owner})
        return {one["Id"]: (one["Names"] or ["/?"])[0] for one in found if self._is_there(one)}

    def _is_there(self, listed: dict[str, str]) -> bool:
        """Tell a container from what an engine lists and cannot find (see Engine.running)."""
        if listed["State"] != "dead":
            return True
        try:
            self._engine.inspect_container(listed["Id"])
        except NotFound:
            return False
        return True

    def containers(self) -> list[str]:
        """Name the containers of this installation."""
        return list(self.names())

    def waiting(self) -> list[str]:
        """Name the containers that wait in the pool."""
        return [one for one, name in self.names().items() if name.startswith("/patchbay-pool-")]

    def memory_kb(self) -> int:
        """Return the resident memory of the process."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1])

    def open_files(self) -> int:
        """Count the open files of the process."""
        assert self.process
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def sweep_the_rest(self, container: str) -> None:
        """Remove a container as somebody else would."""
        self._engine.remove_container(container, force=True)

    def pause(self, container: str) -> None:
        """Stop everything in a container."""
        self._engine.pause(container)

    def limits(self, container: str) -> dict[str, object]:
        """Return the isolation of a container, in the names of Docker's API."""
        about = self._engine.inspect_container(container)
        host: dict[str, object] = about["HostConfig"]
        return host

    def volumes(self) -> list[str]:
        """Name the volumes of this installation."""
        owner = f"dev.patchbay.owner={owner_in(self.folder)}"
        found = self._engine.volumes(filters={"label": owner})["Volumes"] or []
        return [one["Name"] for one in found]

    def remove_volume(self, name: str) -> None:
        """Remove a volume and what is in it."""
        self._engine.remove_volume(name)
