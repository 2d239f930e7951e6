"""Brings other agents to this machine, and says how each is started and asked for a command.

mini-swe-agent comes from PyPI (bench/requirements.txt), Codex CLI and opencode from npm
(bench/peers.json), each into a folder of its own below var/bench.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import ROOT
from bench.others import python_of_others

Json = dict[str, Any]
FOLDER = ROOT / "var" / "bench" / "peers"
_IMAGE = "patchbay/python"
_WANTED = ROOT / "bench" / "peers.json"
_ISSUE = "Half a cent of tax is cut off, where the accountant rounds it up."


@dataclass(frozen=True)
class Peer:
    """An agent of somebody else's: how it is named here, asked, and spoken to."""

    key: str
    words: str
    tool: Callable[[str], Json]
    """The turn that asks for a command."""
    last: Json
    """The turn with which it ends."""
    prepare: Callable[[Path, str], list[str]]
    """Writes its configuration into a folder, for a model at this address; returns its command."""


def bring() -> None:
    """Install what npm has, once for each list of versions."""
    target, wanted = FOLDER / "package.json", _WANTED.read_text()
    if target.exists() and target.read_text() == wanted:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "new.json").write_text(wanted)
    install = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
    shutil.copy(FOLDER / "new.json", target)
    try:
        subprocess.run(install, cwd=FOLDER, check=True, stdout=sys.stderr)
    except subprocess.CalledProcessError:
        target.unlink()  # half of it must not be taken for all
        raise


def environment_of(place: Path, docker_host: str) -> dict[str, str]:
    """Return what an agent sees whose home is this folder."""
    return {
        "PATH": f"{FOLDER / 'node_modules' / '.bin'}:{os.environ['PATH']}",
        "HOME": str(place),
        "CODEX_HOME": str(place / "codex"),
        "OPENAI_API_KEY": "none-needed",
        "DOCKER_HOST": docker_host,
        "MSWEA_SILENT_STARTUP": "1",
        "MSWEA_CONFIGURED": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def _called(name: str, **arguments: Any) -> Json:
    return {"text": "", "calls": [{"name": name, "arguments": arguments}]}


def _codex(sandbox: str) -> Callable[[Path, str], list[str]]:
    def prepare(place: Path, url: str) -> list[str]:
        (place / "codex").mkdir()
        (place / "codex" / "config.toml").write_text(
            'model = "scripted"\nmodel_provider = "loop"\napproval_policy = "never"\n'
            f'sandbox_mode = "{sandbox}"\n[model_providers.loop]\nname = "loop"\n'
            f'base_url = "{url}"\nwire_api = "responses"\nenv_key = "OPENAI_API_KEY"\n'
        )
        return ["codex", "exec", "--skip-git-repo-check", "--json", _ISSUE]

    return prepare


def _opencode(place: Path, url: str) -> list[str]:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "loop",
        "options": {"baseURL": url, "apiKey": "none-needed"},
        "models": {"scripted": {"name": "scripted"}},
    }
    config = {
        "provider": {"loop": provider},
        "model": "loop/scripted",
        "small_model": "loop/scripted",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": "allow", "edit": "allow"},
    }
    (place / "repo" / "opencode.json").write_text(json.dumps(config))
    return ["opencode", "run", _ISSUE]


def _mini(_place: Path, url: str) -> list[str]:
    program = str(ROOT / "bench" / "mini_at_work.py")
    # Without -P, the folder of the program would come before its packages.
    return [str(python_of_others()), "-P", program, _IMAGE, url, _ISSUE]


_SAID: Json = {"text": "Nothing has to change.", "calls": []}
PEERS = (
    Peer(
        "mini",
        "mini-swe-agent 2.4.6, Docker environment",
        lambda command: _called("bash", command=command),
        _called("bash", command="echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"),
        _mini,
    ),
    Peer(
        "codex",
        "Codex CLI 0.169.0, its own sandbox",
        lambda command: _called("exec_command", cmd=command),
        _SAID,
        _codex("workspace-write"),
    ),
    Peer(
        "codex_bare",
        "Codex CLI 0.169.0, no sandbox",
        lambda command: _called("exec_command", cmd=command),
        _SAID,
        _codex("danger-full-access"),
    ),
    Peer(
        "opencode",
        "opencode 1.18.33, no sandbox",
        lambda command: _called("bash", command=command, description="Run it"),
        _SAID,
        _opencode,
    ),
)
