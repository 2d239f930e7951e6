"""Starts the bot's own processes for the demo, as the Procfile names them, and a Redis."""

import os
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.kept import throw_away
from demo.processes import Process, Processes
from demo.stage import ROOT, WEBHOOK_SECRET, Stage

LOGS = ROOT / "var" / "log" / "demo"


class BotProcesses:
    """Redis, keeper, web, intake, workers and clock; leaving the block ends them."""

    def __init__(self, stage: Stage, logs: Path = LOGS) -> None:
        self.logs = logs
        """The folder of their logs."""
        self._stage = stage
        self._end = ExitStack()
        self.started: dict[str, Process] = {}

    def __enter__(self) -> Self:
        """Start them all at once; `wait_ready` tells when they serve."""
        with ExitStack() as partly:
            partly.callback(throw_away, self._stage.data / "bot")
            processes = partly.enter_context(Processes(self.logs))
            socket = self._stage.data / "redis.sock"
            redis = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", ""]
            redis += ["--dir", str(self._stage.data), "--maxmemory-policy", "noeviction"]
            self._start(processes, "redis", redis, dict(os.environ), "ready to accept connections")
            environment = self._environment(socket)
            web = ["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]
            self._start(processes, "web", web, environment, "Booting worker")
            keeper = ["script/again", "script/keeper"]
            self._start(processes, "keeper", keeper, environment, "keeper.started")
            run = [sys.executable, "-m"]
            self._start(processes, "intake", [*run, "jobs.intake"], environment, "worker.started")
            for number in range(1, self._stage.options.workers + 1):
                name = f"worker-{number}"
                worker = [*run, "jobs.agent_worker"]
                self._start(processes, name, worker, environment, "worker.started")
            self._start(processes, "clock", [*run, "jobs.keep_time"], environment, "clock.started")
            self._end = partly.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them all."""
        self._end.close()

    def wait_ready(self, give_up: threading.Event | None = None) -> None:
        """Return when every process serves; NotReady otherwise, or when asked to give up."""
        for process in self.started.values():
            process.wait_ready(give_up)

    def _start(
        self,
        processes: Processes,
        name: str,
        argv: list[str],
        environment: dict[str, str],
        ready: str,
    ) -> None:
        self.started[name] = processes.start(name, argv, env=environment, ready=ready)

    def _environment(self, socket: Path) -> dict[str, str]:
        stage = self._stage
        return {
            # The local GitHub has no such limits, and nobody at a demo wants to wait for them.
            "PATCHBAY_GITHUB_WRITE_SECONDS": "0",
            "PATCHBAY_GITHUB_WRITES_A_MINUTE": "1000000",
            "PATCHBAY_GITHUB_WRITES_AN_HOUR": "1000000",
            "PATCHBAY_REVIEW_QUIET_SECONDS": "3",
            **_inherited(),
            "PYTHONUNBUFFERED": "1",
            "PORT": str(stage.web_port),
            "HOST": "127.0.0.1",
            "REDIS_URL": f"unix://{socket}",
            "DATABASE_URL": stage.options.database_url,
            "OPENAI_API_KEY": stage.model.key,
            "OPENAI_BASE_URL": stage.model.base_url,
            "MODEL": stage.model.name,
            # The caller's own file names servers that are not on this stage, and keys that are not
            # passed on.
            "PATCHBAY_MODELS": str(stage.options.models or ""),
            "PATCHBAY_GITHUB_APP_ID": str(stage.app_id),
            "PATCHBAY_GITHUB_PRIVATE_KEY_FILE": str(stage.private_key_file),
            "PATCHBAY_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "PATCHBAY_GITHUB_API_URL": stage.github.api_url,
            "PATCHBAY_GITHUB_URL": stage.github.url,
            "PATCHBAY_PUBLIC_URL": f"http://127.0.0.1:{stage.web_port}",
            "PATCHBAY_DATA_DIR": str(stage.data / "bot"),
            "DOCKER_HOST": os.environ.get("DOCKER_HOST", ""),
            "PATCHBAY_LOG_FORMAT": "console",
        }


def _inherited() -> dict[str, str]:
    """Return what the bot may see of the caller's environment: settings, and ways to tools."""
    ways = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
    proxies = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy")
    return {
        name: value
        for name, value in os.environ.items()
        if name in ways or name in proxies or name.startswith("PATCHBAY_")
    }
