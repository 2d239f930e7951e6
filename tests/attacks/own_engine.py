"""A Docker engine of a test's own, which may be killed, starved of disk and given odd runtimes."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_STARTS_S = 60.0
_DOCKERD = shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class OwnEngine:
    """A dockerd in a folder of its own, without any network."""

    def __init__(self, folder: Path, runtimes: dict[str, dict[str, object]]) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/docker.sock"
        self._settings = folder / "daemon.json"
        self._settings.write_text(json.dumps({"runtimes": runtimes}))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert _DOCKERD
        name = self.folder.name
        command = [_DOCKERD, f"--config-file={self._settings}", f"--data-root={self.folder}/data"]
        command += [f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid"]
        command += [f"--host={self.host}", f"--containerd-namespace={name}"]
        command += [f"--containerd-plugins-namespace={name}-plugins", "--bridge=none"]
        command += ["--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        # Where nobody reaps, a killed one would still count as alive.
        for pid in (self.folder / "pid", self.folder / "exec" / "containerd" / "containerd.pid"):
            pid.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + _STARTS_S
        while self.run("version", check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail((self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Ask it something by Docker's command line."""
        whole = ["docker", "--host", self.host, *command]
        return subprocess.run(whole, capture_output=True, text=True, check=check)

    def load(self, image: str, host: str) -> None:
        """Take an image over from another engine."""
        with subprocess.Popen(
            ["docker", "--host", host, "save", image], stdout=subprocess.PIPE
        ) as saving:
            subprocess.run(
                ["docker", "--host", self.host, "load"],
                stdin=saving.stdout,
                check=True,
                capture_output=True,
            )

    def kill(self) -> None:
        """End it as the kernel would, its containerd too; shims and containers live on."""
        assert self._process
        self._process.kill()
        self._process.wait()
        for pid, line in self.processes().items():
            if "containerd --config" in line:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """End it, all that it started and all that it mounted."""
        assert self._process
        if self._process.poll() is None:
            for container in self.run("ps", "-aq", check=False).stdout.split():
                self.run("rm", "-f", container, check=False)
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            self._process.kill()
            self._process.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        for mount in sorted((line.split()[4] for line in mounts), reverse=True):
            if mount.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> dict[int, str]:
        """Find what was started for its containers: the command lines name its folder."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if f"{self.folder}/exec" in line and int(folder.name) != self._pid:
                    found[int(folder.name)] = line
        return found

    @property
    def _pid(self) -> int:
        return self._process.pid if self._process else 0


@contextlib.contextmanager
def own_engine(
    runtimes: dict[str, dict[str, object]] | None = None, disk_mb: int = 0
) -> Iterator[OwnEngine]:
    """Start an engine for one test; with `disk_mb`, on a disk of that size."""
    if os.geteuid() != 0 or not _DOCKERD:
        pytest.skip("an engine of the test's own needs root, and dockerd")
    # A unix socket's path has at most 107 bytes, and containerd makes long ones.
    folder = Path("/tmp") / f"pb-{secrets.token_hex(4)}"  # noqa: S108 - a short place of its own
    folder.mkdir(mode=0o700)
    engine = OwnEngine(folder, runtimes or {})
    if disk_mb:
        data = engine.folder / "data"
        data.mkdir()
        size = f"size={disk_mb}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(data)], check=True)
    try:
        engine.start()
        yield engine
    finally:
        engine.end()
