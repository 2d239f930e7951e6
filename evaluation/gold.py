"""Reads what is known of a task's answer, for the judge and for models that are played."""

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.instances import BadInstances, is_release, lines_of

Json = dict[str, Any]
_TEST_FILE = re.compile(r"[\w./-]+\.(?:py|[cm]?js)\b")


@dataclass(frozen=True)
class Edit:
    """A text that occurs once in a file, and what stands there afterwards."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Gold:
    """What only the judge of a task knows."""

    instance_id: str
    patch: str
    """The known answer as a diff; empty where `edits` say it."""
    edits: tuple[Edit, ...]
    test_patch: str
    fail_to_pass: tuple[str, ...]
    """Tests, or whole files of tests."""
    pass_to_pass: tuple[str, ...]
    commands: tuple[str, ...]
    """How the tests are run; empty where that is for the judge to find out."""
    eval_script: str = ""

    @property
    def touched(self) -> str:
        """The first file that the known answer changes."""
        if self.edits:
            return self.edits[0].path
        return next(iter(re.findall(r"^\+\+\+ b/(.+)$", self.patch, re.MULTILINE)), "")


def read_gold(path: Path, instance_id: str) -> Gold:
    """Read what is known of one task of a file."""
    for _, line in lines_of(path):
        if line.get("instance_id") == instance_id:
            return _of_release(line) if is_release(line) else _of_instance(line)
    raise BadInstances(f"{path} has no {instance_id}")


def _of_instance(line: Json) -> Gold:
    commands = line.get("test_cmd") or ()
    return Gold(
        instance_id=line["instance_id"],
        patch=line.get("patch") or "",
        edits=(),
        test_patch=line.get("test_patch") or "",
        fail_to_pass=_listed(line.get("FAIL_TO_PASS")),
        pass_to_pass=_listed(line.get("PASS_TO_PASS")),
        commands=(commands,) if isinstance(commands, str) else tuple(commands),
        eval_script=line.get("eval_script") or "",
    )


def _listed(value: object) -> tuple[str, ...]:
    """Return a list of names; in some sets it is written as a JSON string."""
    if isinstance(value, str):
        value = json.loads(value) if value.strip() else []
    if not isinstance(value, list | tuple | None):
        raise BadInstances("FAIL_TO_PASS and PASS_TO_PASS are lists of names")
    return tuple(str(one) for one in value or ())


def _of_release(line: Json) -> Gold:
    """Read a bug of a release: its own test has to come to pass, those nearby have to stay so."""
    test = line["regression_test"]
    return Gold(
        instance_id=line["instance_id"],
        patch="",
        edits=tuple(Edit(one["path"], one["old"], one["new"]) for one in line["fix"]),
        test_patch=_new_file(test["path"], test["content"]),
        fail_to_pass=(test["path"],),
        pass_to_pass=tuple(dict.fromkeys(_TEST_FILE.findall(line["test_command"]))),
        commands=(line["regression_command"], line["test_command"]),
    )


def _new_file(path: str, content: str) -> str:
    lines = list(
        difflib.unified_diff([], content.splitlines(keepends=True), "/dev/null", f"b/{path}")
    )
    if lines and not lines[-1].endswith("\n"):
        lines.append("\n\\ No newline at end of file\n")
    return f"diff --git a/{path} b/{path}\nnew file mode 100644\n" + "".join(lines)
