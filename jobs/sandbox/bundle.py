"""Packs the tool server of `inside/` for sending, so that an image never carries an old one."""

from functools import cache
from pathlib import Path

MODULES = (
    "bounds",
    "frames",
    "places",
    "output",
    "processes",
    "shells",
    "hits",
    "shell",
    "git",
    "matching",
    "syntax",
    "reading",
    "editing",
    "page",
    "chunks",
    "patching",
    "change",
    "stripping",
    "code_in",
    "restoring",
    "server",
)
"""In an order in which each needs only those before it."""

_BOOT = """\
import sys, types
package = sys.modules["inside"] = types.ModuleType("inside")
package.__path__ = []
for name, source in SOURCES:
    module = types.ModuleType("inside." + name)
    module.__package__ = "inside"
    sys.modules[module.__name__] = module
    setattr(package, name, module)
    exec(compile(source, name + ".py", "exec", dont_inherit=True), module.__dict__)
sys.modules["inside.server"].main(float(sys.argv[2]), int(sys.argv[3]))
"""
_TAKE = "import sys; exec(sys.stdin.buffer.read(int(sys.argv[1])))"


def command(deadline_s: float, output_mb: int = 8) -> list[str]:
    """Return what the container is started with; it ends itself after `deadline_s`.

    A command in there is ended when it has written `output_mb`.
    """
    numbers = (len(packed()), deadline_s, output_mb << 20)
    return ["python3", "-I", "-S", "-B", "-c", _TAKE, *map(str, numbers)]


@cache
def packed() -> bytes:
    """Return the tool server as one program, which the container takes from stdin and becomes."""
    folder = Path(__file__).parent / "inside"
    sources = [(name, (folder / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES]
    return f"SOURCES = {sources!r}\n{_BOOT}".encode()
