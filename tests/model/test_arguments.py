"""Arguments as models write them: mended where nothing is guessed, refused in words otherwise."""

import json
from typing import Any

import pytest

from jobs.model import BadArguments, parse_arguments

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "command": {"type": "string"},
        "timeout_s": {"type": "integer"},
        "share": {"type": "number"},
        "all": {"type": "boolean"},
        "workdir": {"type": ["string", "null"]},
        "plan": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "step": {"type": "string"},
                    "status": {"type": "string", "enum": ["pending", "completed"]},
                },
                "required": ["step"],
            },
        },
    },
    "required": ["command"],
}
LS = {"command": "ls"}


def test_plain_json_is_taken_as_it_is() -> None:
    given = {"command": "ls", "timeout_s": 3, "all": True, "workdir": None, "share": 0.5}
    parsed = parse_arguments(json.dumps(given), SCHEMA)
    assert parsed.values == given
    assert not parsed.repaired


@pytest.mark.parametrize(
    "text",
    [
        '{"command": "ls"}</parameter></function>',
        '{"command": "ls"}\n</tool_call>\n',
        '{"command": "ls"}{}',
        '{"command": "ls"}{"command": "ls"}',
        '```json\n{"command": "ls"}\n```',
        '```\n{"command": "ls"}```',
        json.dumps('{"command": "ls"}'),
        '{"command": "ls", "unknown": 1}',
        '{"command": "ls", "timeout_s": null}',
        '{"command": ["ls"]}',
    ],
)
def test_mended(text: str) -> None:
    parsed = parse_arguments(text, SCHEMA)
    assert parsed.values == LS
    assert parsed.repaired


@pytest.mark.parametrize("character", ["\n", "\t", "\x1b", "\x00"])
def test_bare_control_characters_are_taken(character: str) -> None:
    parsed = parse_arguments(f'{{"command": "a{character}b"}}', SCHEMA)
    assert parsed.values == {"command": f"a{character}b"}
    assert parsed.repaired


@pytest.mark.parametrize(
    ("field", "given", "meant"),
    [
        ("timeout_s", "120", 120),
        ("timeout_s", " 120 ", 120),
        ("timeout_s", 120.0, 120),
        ("timeout_s", "120.0", 120),
        ("share", "0.5", 0.5),
        ("all", "true", True),
        ("all", "False", False),
        ("command", 42, "42"),
        ("command", ["a\n", "b\n"], "a\nb\n"),
        ("plan", '[{"step": "x"}]', [{"step": "x"}]),
        ("plan", [{"step": 1}], [{"step": "1"}]),
        ("plan", [{"step": "x", "note": 1}], [{"step": "x"}]),
        ("command", "half \ud83d of a fox", "half \ufffd of a fox"),
    ],
)
def test_types_are_set_right_without_loss(field: str, given: object, meant: object) -> None:
    parsed = parse_arguments(json.dumps({**LS, field: given}), SCHEMA)
    assert parsed.values[field] == meant
    assert type(parsed.values[field]) is type(meant)
    assert parsed.repaired


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{command: ls}", "at character 1"),
        ('{"command": "ls"', "not JSON"),
        ('{"command": "a"}{"command": "b"}', "Extra data"),
        ('{"command": "a"} and then some', "Extra data"),
        ("[1]", "an array, not a JSON object"),
        ("null", "null, not"),
        ("17", "an integer, not"),
        (json.dumps(json.dumps(json.dumps(LS))), "a string, not"),
        ("", "Missing: `command`"),
        ("{}", "Missing: `command`"),
        ('{"command": true}', "`command` is a boolean"),
        ('{"command": ["ls", "-l"]}', "`command` is an array, not string"),
        ('{"command": null}', "`command` is null"),
        ('{"command": "ls", "timeout_s": 1.5}', "`timeout_s` is a number, not integer"),
        ('{"command": "ls", "timeout_s": "soon"}', "`timeout_s` is a string"),
        ('{"command": "ls", "share": "NaN"}', "`share` is a string"),
        ('{"command": "ls", "all": "perhaps"}', "`all` is a string"),
        ('{"command": "ls", "plan": [{}]}', r"Missing: `plan\[0\].step`"),
        ('{"command": "ls", "plan": [{"step": "a", "status": "x"}]}', "pending, completed"),
        ("[" * 100_000, "nested too deep"),
        ('{"command": "' + "x" * 2_000_000 + '"}', "2,000,015 characters"),
        ('{"a":1}' + "{}" * 400_000, "Extra data"),
    ],
    ids=lambda each: each[:40],
)
def test_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadArguments, match=words) as refused:
        parse_arguments(text, SCHEMA)
    assert len(str(refused.value)) < 2000


def test_the_refusal_shows_the_schema() -> None:
    with pytest.raises(BadArguments) as refused:
        parse_arguments("[]", SCHEMA)
    assert json.dumps(SCHEMA) in str(refused.value)


def test_a_tool_without_parameters_takes_nothing() -> None:
    for text in ("", "{}", " "):
        assert parse_arguments(text, {"type": "object", "properties": {}}).values == {}
