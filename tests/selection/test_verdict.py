"""A reviewer's words are read whatever surrounds them; what cannot be read is no verdict."""

import json
from typing import Any

import pytest

from jobs.reviewer.verdict import MOST_DEFECTS, Defect, Verdict, read_verdict

DEFECT = {"file": "tax.py", "line": 12, "why": "None is not handled", "severity": "major"}
REVISE = {
    "requirements": [{"text": "rounds", "met": False, "evidence": "tax.py:12"}],
    "defects": [DEFECT],
    "verdict": "revise",
}
ACCEPT = {"requirements": [], "defects": [], "verdict": "accept"}
PLAIN = json.dumps(REVISE)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"Here is my review.\n\n{PLAIN}\n\nI hope this helps.",
        f"```json\n{json.dumps(REVISE, indent=2)}\n```",
        f"The code {{ 'x' }} is odd: {PLAIN}",
        PLAIN.replace("}]", "},]").replace('"revise"}', '"revise",}'),
        str(REVISE),
        json.dumps({"review": REVISE}),
        json.dumps({**REVISE, "verdict": "Request changes"}),
        json.dumps({"Verdict": "REVISE", "Defects": [DEFECT]}),
        f"First thought: {json.dumps(ACCEPT)}. But then:\n{PLAIN}",
    ],
    ids=[
        "plain",
        "prose",
        "fenced",
        "braces",
        "commas",
        "python",
        "wrapped",
        "words",
        "keys",
        "second",
    ],
)
def test_a_verdict_is_found(text: str) -> None:
    verdict = read_verdict(text)
    assert verdict is not None
    assert verdict.revise
    assert verdict.defects == (Defect("None is not handled", "tax.py", 12, "major"),)


@pytest.mark.parametrize("word", ["accept", "Approved", "LGTM", " ok "])
def test_an_accepted_change_may_have_remarks(word: str) -> None:
    verdict = read_verdict(json.dumps({"defects": [DEFECT], "verdict": word}))
    assert verdict
    assert not verdict.revise
    assert len(verdict.defects) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Looks good to me!",
        "{" * 5_000,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"verdict": "revise", "defects": [',
        json.dumps({"defects": [DEFECT]}),
        json.dumps({**REVISE, "verdict": "perhaps"}),
        json.dumps({**REVISE, "verdict": None}),
        json.dumps({**REVISE, "defects": []}),
        json.dumps({**REVISE, "defects": [{"file": "tax.py", "why": " "}, 7]}),
        json.dumps([1, 2]),
    ],
)
def test_what_says_nothing_is_no_verdict(text: str) -> None:
    assert read_verdict(text) is None


@pytest.mark.parametrize(
    ("given", "line"),
    [(12, 12), ("12", 12), ("12-14", 12), ([12, 14], 12), (0, None), (-3, None), (True, None),
     (10**12, None), (None, None), ("top", None), ({}, None), (12.0, 12)],
)  # fmt: skip
def test_a_line_that_cannot_be_is_left_out(given: Any, line: int | None) -> None:
    verdict = read_verdict(json.dumps({**REVISE, "defects": [{**DEFECT, "line": given}]}))
    assert verdict
    assert verdict.defects[0].line == line


def test_fields_may_be_missing_odd_or_too_many() -> None:
    defects = ["it breaks", {"description": "so", "severity": "p0", "path": "a.py"}, *[DEFECT] * 99]
    verdict = read_verdict(json.dumps({"verdict": "revise", "defects": defects}))
    assert verdict
    assert verdict.requirements == ()
    assert verdict.defects[:2] == (Defect("it breaks"), Defect("so", "a.py", None, "critical"))
    assert len(verdict.defects) == MOST_DEFECTS


def test_a_verdict_survives_the_log() -> None:
    verdict = read_verdict(PLAIN)
    assert verdict
    assert Verdict.from_json(json.loads(json.dumps(verdict.as_json()))) == verdict
