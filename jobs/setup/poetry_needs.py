"""Says what a Poetry project needs in the words of pip, for where Poetry itself does not manage."""

import re
from collections.abc import Iterator
from typing import Any

from jobs.setup.manifests import table

_VERSION = re.compile(r"([~^])?\s*(\d+(?:\.\d+)*)")
_ELSEWHERE = ("git", "path", "url", "file")


def poetry_needs(poetry: dict[str, Any], groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dependencies of the project and of some of its groups."""
    tables = [table(poetry, "dependencies"), table(poetry, "dev-dependencies")]
    tables += [table(poetry, "group", name, "dependencies") for name in groups]
    return tuple(need for one in tables for need in _needs(one))


def _needs(wanted: dict[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        if name == "python":
            continue
        version, extras = value, ""
        if isinstance(value, dict):
            if value.get("optional") or any(key in value for key in _ELSEWHERE):
                continue
            version = value.get("version", "*")
            named = [each for each in value.get("extras", []) if isinstance(each, str)]
            extras = f"[{','.join(named)}]" if named else ""
        yield f"{name}{extras}{_range(version) if isinstance(version, str) else ''}"


def _range(version: str) -> str:
    """Write Poetry's `^1.2` and `~1.2` as pip reads them; what it reads alike stays."""
    if version.strip() == "*":
        return ""
    newest = version.rsplit("||", maxsplit=1)[-1]
    return ",".join(_clause(part.strip()) for part in newest.split(","))


def _clause(clause: str) -> str:
    read = _VERSION.fullmatch(clause)
    if read is None:
        return f"=={clause}" if clause[:1].isdigit() else clause.replace(" ", "")
    sign, lowest = read[1], read[2]
    if not sign:
        return f"=={lowest}"
    parts = [int(part) for part in lowest.split(".")]
    if sign == "^":
        # The first part that is not zero stays as it is.
        kept = next((at for at, part in enumerate(parts) if part), len(parts) - 1) + 1
    else:
        kept = min(2, len(parts))
    above = [*parts[: kept - 1], parts[kept - 1] + 1]
    return f">={lowest},<{'.'.join(map(str, above))}"
