"""Throws away what the demo's own installation kept on the engine: nobody else ever would."""

import subprocess
from pathlib import Path

OWNER_FILE = "sandbox-owner"
"""In the bot's data folder, by the keeper; the label is on all that it made."""


def throw_away(data: Path) -> None:
    """Remove the environments of a bot that has ended, whose data folder goes now."""
    owner = data / OWNER_FILE
    if not owner.is_file():
        return  # its keeper was never there
    mine = f"label=dev.patchbay.owner={owner.read_text().strip()}"
    kept = _docker("volume", "ls", "--quiet", "--filter", mine).split()
    if kept:
        _docker("volume", "rm", "--force", *kept)


def _docker(*arguments: str) -> str:
    # An engine that is gone has kept nothing that could be thrown away.
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    return done.stdout
