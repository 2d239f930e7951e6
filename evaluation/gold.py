"""Reads what is known of a task's answer, for the judge and for models that are played."""

import difflib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.instances import BadInstances, is_release, lines_of, text_in
from evaluation.patches import paths_in

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
    """Read what is known of one task of a file; BadInstances where it cannot be judged by that."""
    for number, line in lines_of(path):
        if line.get("instance_id") == instance_id:
            return _read(number, line)
    raise BadInstances(f"{path} has no {instance_id}")


def check_gold(path: Path, ids: Collection[str]) -> None:
    """See that each of these tasks can be judged, before anybody works on one; BadInstances."""
    for number, line in lines_of(path):
        if line.get("instance_id") in ids:
            _read(number, line)


def _read(number: int, line: Json) -> Gold:
    try:
        return _of_release(line) if is_release(line) else _of_instance(line)
    except BadInstances as wrong:
        raise BadInstances(f"line {number}, {line['instance_id']}: {wrong}") from wrong
    except (KeyError, TypeError, AttributeError) as wrong:
        # Of a release's own fields, which nest.
        why = f"line {number}, {line['instance_id']}: its fix or its tests cannot be read: {wrong}"
        raise BadInstances(why) from wrong


def _of_instance(line: Json) -> Gold:
    wanted = _listed(line, "FAIL_TO_PASS")
    if not wanted:
        raise BadInstances("FAIL_TO_PASS names no test, so nothing could ever solve it")
    return Gold(
        instance_id=line["instance_id"],
        patch=text_in(line, "patch"),
        edits=(),
        test_patch=_diff(line, "test_patch"),
        fail_to_pass=wanted,
        pass_to_pass=_listed(line, "PASS_TO_PASS"),
        commands=_commands(line),
        eval_script=text_in(line, "eval_script"),
    )


def _diff(line: Json, key: str) -> str:
    """Return a patch of git's; "" where there is none, as for tests that the base has already."""
    text = text_in(line, key)
    if not text.strip():
        return ""
    if not paths_in(text):
        raise BadInstances(f"{key} is no patch of git's: it has no line `diff --git a/… b/…`")
    return text


def _commands(line: Json) -> tuple[str, ...]:
    value = line.get("test_cmd") or ()
    commands = [value] if isinstance(value, str) else value
    if not isinstance(commands, list | tuple) or not all(isinstance(one, str) for one in commands):
        raise BadInstances("test_cmd is neither a command nor a list of commands")
    return tuple(commands)


def _listed(line: Json, key: str) -> tuple[str, ...]:
    """Return a list of names; in some sets it is written as a JSON string."""
    value = line.get(key)
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except ValueError:
            raise BadInstances(f"{key} is a text, not a list of names: {value[:80]!r}") from None
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadInstances(f"{key} is not a list of names")
    return tuple(value)


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
