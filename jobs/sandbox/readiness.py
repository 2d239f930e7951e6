"""Checks in a real sandbox that everything that must be denied is denied."""

import json
from pathlib import Path

from jobs.sandbox.errors import SandboxError
from jobs.sandbox.expectations import Facts, unmet
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import READY, Sandboxes

_PROBE_S = 60.0
_GVISOR = "runsc"
_KERNEL_OF_GVISOR = "4.4.0"
"""What gVisor calls itself, in every version so far."""


def ready(
    sandboxes: Sandboxes,
    image: str,
    limits: SandboxLimits,
    *,
    runtime: str = "runc",
    files: bool = False,
) -> Facts:
    """Raise SandboxError unless a real sandbox of `image` denies all that it must deny.

    With `files`, the facts name the image's files that would raise rights; they deny nothing.
    """
    with sandboxes.start(image, task_id=READY, epoch=0, deadline_s=90) as sandbox:
        return _checked(sandbox, limits, runtime, files=files)


def _checked(sandbox: Sandbox, limits: SandboxLimits, runtime: str, *, files: bool) -> Facts:
    """Raise SandboxError, naming what is possible and should not be, and the mend, in one line."""
    facts = _facts(sandbox, "--files" if files else "")
    wrong = unmet(facts, limits, gvisor=is_gvisor(runtime))
    if is_gvisor(runtime) and facts["kernel"] != _KERNEL_OF_GVISOR:
        wrong.insert(0, f"the runtime {runtime} is not gVisor [mend: its path in daemon.json]")
    if wrong:
        raise SandboxError(f"sandboxes are not shut in, so no task may start: {'; '.join(wrong)}")
    return facts


def is_gvisor(runtime: str) -> bool:
    """Tell whether a runtime of this name is gVisor's."""
    return runtime.startswith(_GVISOR)


def _facts(sandbox: Sandbox, arguments: str) -> Facts:
    ended = sandbox.exec(_script(arguments), timeout_s=_PROBE_S, workdir="/")
    try:
        facts: Facts = json.loads(ended.output)
    except ValueError:
        raise SandboxError(f"the probe failed in the sandbox: {ended.output}") from None
    return facts


def _script(arguments: str) -> str:
    """Return the probe as a script that leaves nothing behind."""
    folder = Path(__file__).parent / "inside"
    lines = ['folder=$(mktemp -d) && mkdir "$folder/inside" && cd "$folder" || exit']
    for name in ("doors", "probe"):
        source = (folder / f"{name}.py").read_text(encoding="utf-8")
        lines += [f"cat > inside/{name}.py <<'END_OF_SOURCE'", source, "END_OF_SOURCE"]
    run = f"python3 -E -S -B -m inside.probe {arguments}"
    return "\n".join([*lines, run, 'rm -rf "$folder"', ""])
