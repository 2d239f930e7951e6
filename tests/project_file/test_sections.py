"""What a project may say about who may ask and how far, and how each mistake is told."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from bot.commands import VERBS
from bot.project import (
    Paths,
    Planning,
    Project,
    ProjectLimits,
    PullRequests,
    Review,
    Trigger,
    Who,
)
from jobs.project_file.file import TOP, read_project
from jobs.project_file.keys import KEYS, ROLES
from jobs.project_file.meanings import MEANINGS, SECTIONS
from jobs.project_file.schema import PLACE, as_text, schema

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "repository.md").read_text()
WHOLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_all_that_the_manual_shows_can_be_said() -> None:
    project = read_project(WHOLE)
    assert project.problems == project.remarks == ()
    assert project.trigger == Trigger(
        "/agent", {"agent:fix": "fix", "agent:plan": "plan"}, assign=True
    )
    assert project.who == Who(
        {"plan": "triage", "ask": "triage", "budget": "maintain"},
        bots=("renovate[bot]",),
        trust_labels=("safe-for-agent",),
        refuse_labels=("do-not-automate",),
    )
    assert project.limits == ProjectLimits(
        usd=2.0, tokens=400_000, minutes=30.0, steps=120, attempts=2, open_prs=8,
        per_user_day=10, per_repository_day=40, usd_day=20.0,
    )  # fmt: skip
    assert project.pr == PullRequests(branch="agent/{issue}-{slug}-{task}", base="main")
    assert project.paths == Paths(("billing/**",), ("migrations/**",), ("secrets/**",), ())
    assert project.review == Review()
    assert project.plan == Planning(required_for=("label:large",))


def test_the_manual_shows_every_key() -> None:
    shown = set(read_project(WHOLE).said)
    roles = {key for key in MEANINGS if "least role" in MEANINGS[key]}
    assert set(MEANINGS) - shown <= roles
    assert shown <= set(MEANINGS)


@pytest.mark.parametrize("section", KEYS)
def test_what_is_not_said_is_as_usual(section: str) -> None:
    assert read_project(f"{section}:\n") == Project(said=read_project(f"{section}:\n").said)


MISTAKES = [
    ("limits:\n  usd: 0\n", "line 2: `limits.usd` has to be a number from 0.01 to 10000"),
    ("limits:\n  usd: .nan\n", "line 2: `limits.usd` has to be a number"),
    ("limits:\n  usd: '2'\n", "line 2: `limits.usd` has to be a number"),
    ("limits:\n\n  steps: 1.5\n", "line 3: `limits.steps` has to be a whole number from 1"),
    ("limits: {tokens: 4G}\n", "line 1: `limits.tokens` has to be a number of tokens"),
    ("limits: {tokns: 4}\n", "line 1: `limits.tokns` is not known; known are usd, tokens"),
    ("limits: {usd: 1, usd: 2}\n", "line 1: `limits.usd` stands there twice"),
    ("limits: 3\n", "line 1: `limits` has to be keys with values"),
    ("who: {fix: read}\n", "line 1: `who.fix` has to be one of `write`, `maintain`, `admin`"),
    ("who: {ask: read}\n", "line 1: `who.ask` has to be one of `triage`"),
    ("who: {status: read}\n", "line 1: `who.status` is not known"),
    ("who: {bots: 'x y'}\n", "line 1: `who.bots` has to be logins of bots"),
    ("trigger: {labels: {x: stop}}\n", "line 1: `trigger.labels` has to be labels, each with"),
    ("trigger: {labels: [x]}\n", "line 1: `trigger.labels` has to be labels"),
    ("trigger: {assign: 1}\n", "line 1: `trigger.assign` has to be `true` or `false`"),
    ("trigger: {command: bot}\n", "line 1: `trigger.command` has to be a word behind a slash"),
    ("pr: {branch: main}\n", "line 1: `pr.branch` has to be a name that begins with `agent/`"),
    ("pr: {branch: 'agent/../{task}'}\n", "line 1: `pr.branch`"),
    ("pr: {base: '--upload-pack=x'}\n", "line 1: `pr.base` has to be the name of a branch"),
    ("pr: {base: a..b}\n", "line 1: `pr.base`"),
    ("paths: {deny: [/etc]}\n", "line 1: `paths.deny` has to be patterns of paths"),
    ("paths: {only: [a/../b]}\n", "line 1: `paths.only`"),
    ("review: {auto: always}\n", "line 1: `review.auto` has to be one of `changes_requested`"),
    ("plan: {question_timeout: 48}\n", "line 1: `plan.question_timeout` has to be a time"),
    ("plan: {required_for: [large]}\n", "line 1: `plan.required_for` has to be labels, each"),
    ("version: 2\n", "line 1: `version` has to be 1"),
    ("budget: {}\n", "line 1: `budget` is not known; known are version, trigger"),
    ("- a\n", "line 1: the file has to be keys with values"),
    ("limits: [\n", "line 2: "),
    ("a: !!python/object/apply:os.system [id]\n", "line 1: `a` is not known"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_told_with_line_and_key(text: str, words: str) -> None:
    project = read_project(text)
    assert any(words in problem for problem in project.problems)
    assert all(problem.startswith("`.github/agent.yml`") for problem in project.problems)
    assert project.limits == ProjectLimits()


def test_a_mistake_leaves_other_sections_as_they_are() -> None:
    project = read_project("limits: {usd: x}\nreview: {rounds: 2}\n")
    assert project.review.rounds == 2
    assert len(project.problems) == 1


def test_mistakes_in_set_up_and_checks_are_remarks_only() -> None:
    project = read_project("verify: {fast: x}\nenv: {imge: x}\n")
    assert project.problems == ()
    assert len(project.remarks) == 2


@pytest.mark.parametrize(
    ("written", "meant"), [("400k", 400_000), ("1.5M", 1_500_000), ("250000", 250_000)]
)
def test_tokens_can_be_written_short(written: str, meant: int) -> None:
    assert read_project(f"limits: {{tokens: {written}}}\n").limits.tokens == meant


@pytest.mark.parametrize(("written", "meant"), [("30m", 1_800), ("48h", 172_800), ("2d", 172_800)])
def test_times_have_a_unit(written: str, meant: float) -> None:
    text = f"plan: {{question_timeout: {written}}}\n"
    assert read_project(text).plan.question_timeout_s == meant


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_file_that_is_too_large_is_a_mistake(size: int) -> None:
    assert "is larger than 64 KiB" in read_project("#" * size).problems[0]


def test_a_role_can_be_said_for_verbs_that_there_are() -> None:
    assert set(ROLES) <= set(VERBS)


def test_the_schema_for_editors_is_the_one_of_the_code() -> None:
    assert (ROOT / PLACE).read_text() == as_text()


def test_every_key_has_a_meaning_and_stands_in_the_manual() -> None:
    keys = {f"{section}.{key}" for section, ones in schema()["properties"].items()
            for key in (ones.get("properties") or {})}  # fmt: skip
    assert keys | {f"verify.{each}" for each in ("quick", "full", "lint")} | {"version"} == set(
        MEANINGS
    )
    assert set(schema()["properties"]) == set(TOP) == {"version", *SECTIONS}
    for key in MEANINGS:
        section, _, name = key.partition(".")
        assert f"`{name or section}`" in PAGE, key


VALID = [WHOLE, "", "version: 1\n", "verify: make test\n", "limits: {tokens: 400k, usd: 1}\n",
         "who: {refuse_labels: x}\n", "limits: {usd: }\n", "env: {setup: []}\n"]  # fmt: skip
AGREED = [text for text, words in MISTAKES if "twice" not in words and "nan" not in text]


@pytest.mark.parametrize("text", VALID)
def test_the_schema_takes_what_the_reader_takes(text: str) -> None:
    assert read_project(text).problems == ()
    assert _fits(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text", [text for text in AGREED if "!!" not in text and "[\n" not in text]
)
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert not _fits(yaml.safe_load(text))


def _fits(value: Any) -> bool:
    validator = jsonschema_rs.Draft202012Validator(schema())
    return bool(validator.is_valid(json.loads(json.dumps(value))))
