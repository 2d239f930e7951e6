"""Checks in a real sandbox that everything that must be denied is denied."""

from jobs.sandbox.sandbox import Sandbox


def check(sandbox: Sandbox) -> None:
    """Raise SandboxError, naming what is possible and should not be, and the mend."""
    sandbox.exec("true")
