"""Reads the summaries of test runners: pytest, unittest, go test, node, jest and mocha."""

import json
import re
from collections.abc import Callable

from bot.plain_text import without_escapes
from jobs.evidence.outcome import Report, clean_names

MAX_OUTPUT = 256 * 1024
MAX_LINE = 500


def read_counts(output: str) -> Report | None:
    """Find a runner's own summary in what it printed."""
    # Short lines keep every search below linear, whatever the output was made to look like.
    lines = without_escapes(output[-MAX_OUTPUT:]).splitlines()
    text = "\n".join(line[:MAX_LINE] for line in lines)
    readers: tuple[Callable[[str], Report | None], ...] = (
        _pytest,
        _unittest,
        _go_json,
        _go,
        _node,
        _jest,
        _mocha,
    )
    return next(filter(None, (reader(text) for reader in readers)), None)


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text, re.MULTILINE)
    return int(found[-1]) if found else 0


def _pytest(text: str) -> Report | None:
    ends = re.findall(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.:]+ ?s?", text, re.MULTILINE)
    if not ends:
        return None
    end = ends[-1]
    names = re.findall(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", text, re.MULTILINE)
    failed = _last(r"(\d+) failed", end) + _last(r"(\d+) errors?", end)
    passed = _last(r"(\d+) (?:passed|xpassed)", end)
    skipped = _last(r"(\d+) skipped", end) + _last(r"(\d+) xfailed", end)
    return Report(passed, failed, skipped, clean_names(names))


def _unittest(text: str) -> Report | None:
    ran = re.findall(r"^Ran (\d+) tests? in ", text, re.MULTILINE)
    if not ran:
        return None
    end = text.rsplit("Ran ", 1)[1]
    failed = sum(_last(rf"{kind}=(\d+)", end) for kind in ("failures", "errors"))
    skipped = _last(r"skipped=(\d+)", end)
    names = re.findall(r"^(?:FAIL|ERROR): (.+)$", text, re.MULTILINE)
    passed = max(int(ran[-1]) - failed - skipped, 0)
    blocked = re.findall(r"^((?:ModuleNotFound|Import)Error: .+)$", text, re.MULTILINE)
    loading = names and all("_FailedTest" in name for name in names)
    return Report(
        passed, failed, skipped, clean_names(names), blocked[0] if loading and blocked else ""
    )


def _go_json(text: str) -> Report | None:
    seen: dict[str, list[str]] = {"pass": [], "fail": [], "skip": []}
    for line in text.splitlines():
        if not line.startswith('{"'):
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and event.get("Test") and event.get("Action") in seen:
            seen[event["Action"]].append(f"{event.get('Package', '')}.{event['Test']}")
    if not any(seen.values()):
        return None
    return Report(
        len(seen["pass"]), len(seen["fail"]), len(seen["skip"]), clean_names(seen["fail"])
    )


def _go(text: str) -> Report | None:
    packages = re.findall(r"^(ok|FAIL|\?|---)\s+(\S+)\s", text, re.MULTILINE)
    ended = [(kind, name) for kind, name in packages if kind != "---"]
    if not ended or not re.search(r"^(?:ok|FAIL|\?) *\t", text, re.MULTILINE):
        return None
    names, waiting = [], []
    for line in text.splitlines():
        if found := re.match(r"\s*--- FAIL: (\S+)", line):
            waiting.append(found[1])
        elif found := re.match(r"FAIL\t(\S+)", line):
            names += [f"{found[1]}.{test}" for test in waiting] or [found[1]]
            waiting = []
    passed = sum(
        1 for line in re.findall(r"^ok *\t.*$", text, re.MULTILINE) if "no tests" not in line
    )
    return Report(passed, len(names), 0, clean_names(names))


def _node(text: str) -> Report | None:
    if not re.search(r"^(?:#|\u2139) (?:tests|pass)\s+\d+", text, re.MULTILINE):
        return None
    mark = r"^(?:#|\u2139) "
    passed, failed = (_last(mark + word + r"\s+(\d+)", text) for word in ("pass", "fail"))
    skipped = _last(mark + r"skipped\s+(\d+)", text)
    names = re.findall(r"^[ \t]*not ok \d+ -? ?(.+?)(?: # .*)?$", text, re.MULTILINE)
    names += re.findall(r"^[ \t]*✖ (?!failing tests)(.+?)(?: \([\d.]+ms\))?$", text, re.MULTILINE)
    return Report(passed, failed, skipped, clean_names(names))


def _jest(text: str) -> Report | None:
    ends = re.findall(r"^[ \t]*Tests:?\s+(.*\d+ (?:passed|failed).*)$", text, re.MULTILINE)
    if not ends:
        return None
    names = re.findall(
        r"^[ \t]*(?:●|✕|\u00d7|FAIL)\s+(\S.*?)(?: \(?\d+ ?ms\)?)?$", text, re.MULTILINE
    )
    end = ends[-1]
    failed, passed = _last(r"(\d+) failed", end), _last(r"(\d+) passed", end)
    return Report(passed, failed, _last(r"(\d+) skipped", end), clean_names(names))


def _mocha(text: str) -> Report | None:
    if not re.search(r"^[ \t]*\d+ passing", text, re.MULTILINE):
        return None
    passed, failed = _last(r"^[ \t]*(\d+) passing", text), _last(r"^[ \t]*(\d+) failing", text)
    names = re.findall(r"^[ \t]*\d+\) (\S.*[^:])$", text, re.MULTILINE)
    return Report(passed, failed, _last(r"^[ \t]*(\d+) pending", text), clean_names(names))
