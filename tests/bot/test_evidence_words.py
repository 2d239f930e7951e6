"""What a pull request says of single tests: the few that matter, and how many more there are."""

import re
from typing import Any

from hypothesis import given

from bot.comments.evidence import evidence_table
from tests.bot.test_neutral import ALLOWED_HTML, GITHUB, MENTION, flat, hostile

SIDE = {"exit_code": 0, "summary": "9 passed", "failed": [], "seconds": 1.0}


def table(
    cases: dict[str, list[str]], touched: list[dict[str, str]] | None = None, count: int = 0
) -> str:
    groups = {of: {"count": count or len(names), "names": names} for of, names in cases.items()}
    row = {"name": "whole", "command": "pytest", "base": SIDE, "change": SIDE, "verdict": "passes"}
    rows: list[dict[str, Any]] = [{**row, "cases": groups}, {**row, "cases": groups}, row]
    evidence = {"rows": rows, "clean": True, "why_not_clean": "", "touched": touched or []}
    return evidence_table(evidence, "1a2b3c4d5e")


def test_tests_of_several_checks_are_named_once() -> None:
    text = table({"fixed": ["t::a", "t::b"], "flaky": ["t::c"]})
    assert "<summary>Test by test: 2 fixed, 1 flaky</summary>" in text
    assert "- Fixed: `t::a`, `t::b`\n" in text
    assert "- Flaky (failed, and passed when run again, alone): `t::c`" in text


def test_what_newly_fails_is_not_folded() -> None:
    text = table({"newly failing": ["t::a"]})
    assert "**Newly failing:** `t::a`" in text
    assert "<details>" not in text


def test_many_names_are_counted() -> None:
    text = table({"still failing": [f"t::{n}" for n in range(30)]}, count=400)
    assert "`t::4` and 395 more" in text
    assert "t::5`" not in text


def test_tests_that_are_not_as_before_are_named_the_worst_first() -> None:
    one = {"path": "tests/test_a.py", "name": "test_a", "touch": "changed", "detail": "assert 1"}
    many = [{**one, "name": f"test_{n}"} for n in range(9)] + [{**one, "touch": "deleted"}]
    text = table({}, many)
    assert "before:**\n\n- deleted: `test_a` in `tests/test_a.py` (assert 1)\n- changed: " in text
    assert text.endswith("- … and 2 more")


def test_evidence_of_earlier_days_is_shown() -> None:
    row = {"name": "whole", "command": "pytest", "base": SIDE, "change": SIDE, "verdict": "passes"}
    text = evidence_table({"rows": [row], "clean": True, "why_not_clean": ""}, "")
    assert "✅ passes |" in text
    assert "<details>" not in text


@given(text=hostile)
def test_hostile_names_are_shown_and_not_obeyed(text: str) -> None:
    touched = [{"path": text, "name": text, "touch": "weakened", "detail": text}]
    shown = table({"newly failing": [text], "not run": [text]}, touched)
    for token in flat(GITHUB.parse(shown)):
        assert token.type not in {"image", "link_open", "s_open"}, token
        if token.type == "html_block":
            assert re.fullmatch(r"<details><summary>[^<]*</summary>\n*|</details>", token.content)
        if token.type == "html_inline":
            assert token.content in ALLOWED_HTML, token
        if token.type in {"text", "text_special"}:
            assert not MENTION.search(token.content), token
