"""What the bot's longer texts say, in every state of a task."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from bot.boxes import Boxes
from bot.comments import (
    Failure,
    Limits,
    LogLine,
    Look,
    Surroundings,
    commit_message,
    log_lines,
    pull_request_body,
    pull_request_title,
    status_answer_comment,
    status_comment,
    stopping_comment,
)
from bot.comments.action_log import LONGEST, action_log
from bot.comments.failures import WORDS
from bot.comments.labels import PARTIAL, pull_request_labels
from bot.comments.labels import STATES as LABELS
from bot.comments.outcomes import OUTCOMES, end_words, kept_branch, not_measured, summary_text
from bot.comments.readable import clock, count, moment, money, span, time_of_day
from bot.comments.status import RETRY_BOX
from records.actions import Action
from records.task import HONEST, IssueSnapshot, LimitMet, PlanStep, Progress, Task, TaskState
from tests.bot.test_neutral import hostile

NOON = 1_792_065_600.0
BAR = "|"
EVIDENCE: dict[str, Any] = {
    "rows": [
        {
            "name": "new test",
            "command": "pytest -q tests/test_tax.py",
            "base": {
                "exit_code": 1,
                "summary": "1 failed, 8 passed",
                "failed": ["t::a"],
                "seconds": 2.1,
            },
            "change": {"exit_code": 0, "summary": "9 passed", "failed": [], "seconds": 2.0},
            "verdict": "fixed",
        },
        {
            "name": "whole suite",
            "command": "pytest -q",
            "base": {"exit_code": 0, "summary": "812 passed", "failed": [], "seconds": 40.0},
            "change": {"exit_code": 1, "summary": "1 failed", "failed": ["t::b"], "seconds": 41.0},
            "verdict": "newly failing",
        },
    ],
    "clean": False,
    "why_not_clean": "one test is newly failing",
}
AROUND_EVIDENCE = ("<!-- patchbay evidence -->", "<!-- patchbay end of evidence -->")
"""What a later round finds the evidence of a pull request's text by."""
CLEAN = {"rows": EVIDENCE["rows"][:1], "clean": True, "why_not_clean": ""}


def make_task(**fields: Any) -> Task:
    task = Task(
        id="k3f9",
        semantic_key="comment:1",
        verb="fix",
        installation_id=1,
        repository_id=5,
        repository="acme/shop",
        issue_number=42,
        requester="maria",
        requester_id=77,
        instruction="",
        trigger_comment_id=1,
        issue=IssueSnapshot("Tax is wrong", "See.", "li", "https://github.com/acme/shop/issues/42"),
        state=TaskState.RUNNING,
        reason="",
        explanation="",
        epoch=1,
        attempts=1,
        lease_expires_at=0.0,
        created_at=NOON - 10,
        started_at=NOON,
        ended_at=None,
        stop_requested_by=None,
        status_comment_id=None,
        base_sha="1a2b3c4d5e6f",
        base_branch="main",
        head_sha=None,
        branch=None,
        pull_request_number=None,
        pull_request_url=None,
        progress=Progress(
            doing="edit `billing/tax.py`",
            plan=(PlanStep("Reproduce", "completed"), PlanStep("Fix", "in_progress")),
            turns=14,
            steps=31,
            input_tokens=40_000,
            output_tokens=8_000,
            cost_usd=0.21,
        ),
        evidence=None,
        summary="",
        title="",
    )
    return replace(task, **fields)


def around(**fields: Any) -> Surroundings:
    ordinary = Surroundings(
        now=NOON + 200,
        command="/agent",
        limits=Limits(turns=200, minutes=60, tokens=4_000_000, usd=2.0),
        task_url="https://bot.example/tasks/k3f9",
        model="qwen3-coder",
        log=(
            LogLine(None, NOON + 1, "sandbox started", "0.4 s"),
            LogLine(1, NOON + 4, "read `billing/tax.py`", "212 lines"),
            LogLine(2, NOON + 72, "run `pytest -q | tail`", "exit 1 · 2.1 s"),
        ),
        log_head="5e9a" + "0" * 58 + "c1",
    )
    return replace(ordinary, **fields)


def test_a_running_task_shows_what_it_does_and_what_it_used() -> None:
    text = status_comment(make_task(), around())
    assert text.startswith("### 🛠 Working on it — `fix` for @<!-- -->maria · task `k3f9`")
    assert "edit `billing/tax.py`" in text
    assert "- ✅ Reproduce\n- ▶️ Fix" in text
    meter = "31 steps · turn 14 of 200 · 3 m 20 s of 1 h 0 m · 48k of 4M tokens · $0.21 of $2.00"
    assert meter in text
    assert "updated 12:03:20 UTC" in text
    assert "[live log](https://bot.example/tasks/k3f9)" in text
    assert "`/agent stop`" in text
    assert "Action log · 2 steps · chain <code>5e9a…00c1</code>" in text


STATES = [
    (make_task(state=TaskState.QUEUED, started_at=None, progress=Progress()), "⏳ Queued"),
    (make_task(), "🛠 Working on it"),
    (make_task(stop_requested_by="li"), "⏹ Stopping"),
    (make_task(state=TaskState.WAITING), "⏸ Waiting"),
    (make_task(state=TaskState.SUCCEEDED, pull_request_number=57), "✅ Draft pull request #57"),
    (make_task(state=TaskState.SUCCEEDED, ended_at=NOON + 99), "✅ Done"),
    (make_task(state=TaskState.STOPPED, stop_requested_by="li"), "⏹ Stopped by @<!-- -->li"),
    (make_task(state=TaskState.STOPPED), "⏹ Stopped — "),
    (
        make_task(state=TaskState.PARTIAL, pull_request_number=57, reason="budget"),
        "🟡 Partial: draft pull request #57 — ",
    ),
    (make_task(state=TaskState.PARTIAL), "🟡 Partly done — "),
    (make_task(state=TaskState.NO_CHANGE_NEEDED), "☑️ No change is needed — "),
    (make_task(state=TaskState.CANNOT_REPRODUCE), "🔍 The problem could not be reproduced — "),
    (make_task(state=TaskState.NEEDS_INFORMATION), "❓ Something is missing — "),
    *(
        (make_task(state=TaskState.FAILED, reason=failure.value), f"❌ Stopped: {words.name}")
        for failure, words in WORDS.items()
    ),
    (make_task(state=TaskState.REFUSED, reason="policy_blocked"), "❌ Stopped: the change"),
    (
        make_task(state=TaskState.FAILED, reason="never heard of"),
        "❌ Stopped: something went wrong",
    ),
]


@pytest.mark.parametrize(("task", "headline"), STATES)
def test_every_state_has_its_words(task: Task, headline: str) -> None:
    text = status_comment(task, around())
    assert text.startswith(f"### {headline}")
    cut_short = {TaskState.PARTIAL, TaskState.STOPPED, TaskState.FAILED}
    is_over = task.reason == Failure.ADDRESSED
    again = task.state in cut_short and not task.pull_request_number and not is_over
    assert text.count("[ ]") == text.count(RETRY_BOX) == again
    answer = status_answer_comment(task, command="/agent", task_url="", now=NOON)
    assert answer.startswith("Task `k3f9`")
    assert "{" not in text + answer
    if task.state in {TaskState.FAILED, TaskState.REFUSED, *OUTCOMES}:
        assert "**What you can do.**" in text


@pytest.mark.parametrize(
    ("fields", "box"),
    [
        ({"discards": True}, ""),
        ({"started_at": None}, ""),
        ({"verb": "ask"}, "- [ ] Try again <!-- do:retry -->"),
        ({}, RETRY_BOX),
    ],
)
def test_a_box_offers_only_what_there_is(fields: dict[str, Any], box: str) -> None:
    text = status_comment(make_task(state=TaskState.STOPPED, **fields), around())
    assert (box in text) if box else ("do:retry" not in text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "a pull request still appears; otherwise what it has changed so far is kept"),
        ({"discards": True}, "is thrown away, as asked"),
        ({"verb": "plan"}, "It changes nothing; if it is done at this moment"),
        ({"verb": "address", "pull_request_number": 3}, "a commit on the pull request"),
        ({"brief": {"no_pr": "yes"}}, "its branch still appears"),
    ],
)
def test_a_stop_promises_what_can_come_of_the_task(fields: dict[str, Any], words: str) -> None:
    assert words in stopping_comment(make_task(**fields), "maria", "")


def test_every_state_is_in_the_table() -> None:
    assert {task.state for task, _ in STATES} == set(TaskState)
    assert set(WORDS) == set(Failure)
    assert set(OUTCOMES) == HONEST - {TaskState.SUCCEEDED}


@pytest.mark.parametrize("state", sorted(OUTCOMES))
def test_an_honest_end_is_no_failure_and_quotes_the_agent_as_the_agent(state: TaskState) -> None:
    task = make_task(state=state, summary="It is *so*, @li", explanation="One sentence.")
    text = status_comment(task, around())
    assert "❌" not in text
    assert "Stopped" not in text
    assert "**In the agent's words, unchecked:**\n\n> It is *so*, @<!-- -->li" in text
    assert OUTCOMES[state].next.format(command="/agent") in text
    answer = status_answer_comment(task, command="/agent", task_url="", now=NOON)
    assert OUTCOMES[state].name in answer
    assert "without a result" not in answer


@pytest.mark.parametrize("reason", ["", *Failure])
def test_partial_work_says_what_cut_it_short(reason: str) -> None:
    task = make_task(
        state=TaskState.PARTIAL,
        reason=str(reason),
        explanation="One sentence.",
        pull_request_number=57,
        title="Round half up",
        evidence=CLEAN,
    )
    meaning = WORDS[Failure(reason)].meaning if reason else "One sentence."
    body = pull_request_body(task, around())
    assert body.startswith("Refs #42\n\n⚠️ **Partial.** ")
    assert meaning in body
    assert "One sentence." in body
    assert "**The agent's plan, as it stood:**\n\n- ✅ Reproduce\n- ▶️ Fix" in body
    text = status_comment(task, around())
    assert meaning in text
    assert "▶️ Fix" in text
    answer = status_answer_comment(task, command="/agent", task_url="", now=NOON)
    assert "#57" in answer
    if reason:
        assert WORDS[Failure(reason)].name in answer
    assert pull_request_title(task) == "Partial: Round half up"
    assert commit_message(task, log_head="")[0] == "Partial: Round half up"
    assert pull_request_labels(task.state, ("agent",)) == ("agent", "agent:partial")


def test_work_without_a_pull_request_is_found_on_its_branch() -> None:
    branch = "agent/42-tax-k3f9"
    task = make_task(state=TaskState.STOPPED, branch=branch, head_sha="c" * 40)
    text = status_comment(task, around(repository_url="https://github.com/acme/shop"))
    assert f"[`{branch}`](https://github.com/acme/shop/tree/{branch})" in text
    answer = status_answer_comment(task, command="/agent", task_url="", now=NOON)
    assert f"kept on the branch `{branch}`, without a pull request" in answer
    assert commit_message(task, log_head="")[0] == "Unfinished: Tax is wrong"
    assert kept_branch(replace(task, head_sha=None), "") == ""
    assert kept_branch(replace(task, pull_request_number=57), "") == ""


@pytest.mark.parametrize("reason", list(Failure))
def test_what_cannot_end_partly_still_has_words(reason: Failure) -> None:
    assert end_words(make_task(state=TaskState.FAILED, reason=reason.value)) == WORDS[reason]


def test_each_state_that_lists_should_show_has_a_label() -> None:
    shown = HONEST | {TaskState.RUNNING, TaskState.WAITING, TaskState.FAILED}
    assert set(LABELS) == shown
    assert LABELS[TaskState.PARTIAL] == PARTIAL
    assert all(label.startswith("agent:") for label in LABELS.values())
    assert pull_request_labels(TaskState.SUCCEEDED, ("agent",)) == ("agent",)


def test_what_the_agent_could_not_check_stands_under_its_summary() -> None:
    assert summary_text("It rounds.\n", "Not on Windows. ") == (
        "It rounds.\n\nNot checked: Not on Windows."
    )
    assert summary_text("It rounds.", " ") == "It rounds."
    assert summary_text("", "All of it.") == "Not checked: All of it."


def test_what_was_not_measured_says_why_where_the_evidence_stands() -> None:
    why = not_measured("there was no time")
    task = make_task(
        state=TaskState.PARTIAL,
        evidence={"rows": [], "clean": False, "why_not_clean": why},
    )
    for text in (status_comment(task, around()), pull_request_body(task, around())):
        assert "**No evidence.** Nothing was measured: there was no time." in text


def test_the_end_shows_the_evidence_and_the_agents_words_apart() -> None:
    task = make_task(
        state=TaskState.SUCCEEDED,
        pull_request_number=57,
        ended_at=NOON + 372,
        evidence=EVIDENCE,
        summary="All *good*, @li",
    )
    text = status_comment(task, around())
    assert "| Evidence, run by the bot and not by the agent | base `1a2b3c4d5e` |" in text
    assert "**In the agent's words, unchecked:**\n\n> All *good*, @<!-- -->li" in text
    assert "6 m 12 s of" in text
    assert "updated" not in text


def test_the_evidence_names_what_is_newly_failing() -> None:
    text = pull_request_body(make_task(evidence=EVIDENCE), around())
    assert "| `pytest -q tests/test_tax.py` (new test) | ❌ 1 failed, 8 passed · 2.1 s |" in text
    assert "✅ 9 passed · 2.0 s | ✅ fixed |" in text
    assert "**Not clean:** one test is newly failing" in text
    assert "**Newly failing:** `t::b`" in text
    assert text.startswith("Refs #42\n")


@pytest.mark.parametrize(
    ("evidence", "first"),
    [(CLEAN, "Closes #42"), (EVIDENCE, "Refs #42"), (None, "Refs #42"), ({}, "Refs #42")],
)
def test_only_clean_evidence_closes_the_issue(evidence: dict[str, Any] | None, first: str) -> None:
    task = make_task(evidence=evidence, summary="Fixes #42, closes #42, resolves acme/shop#42")
    text = pull_request_body(task, around())
    assert text.split("\n")[0] == first
    closing = re.findall(
        r"(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+\S*#\d+", text, re.IGNORECASE
    )
    assert closing == ([first] if first.startswith("Closes") else [])


def test_a_pull_request_without_a_check_says_so() -> None:
    assert "**No evidence.**" in pull_request_body(make_task(), around())
    bare = {"rows": [], "clean": False, "why_not_clean": "no test command was found"}
    text = pull_request_body(make_task(evidence=bare), around())
    assert "**No evidence.** no test command was found" in text


def test_a_pull_request_says_where_to_look_and_who_asked() -> None:
    looks = (
        Look("setup.py", "it runs when the package is built"),
        Look("a`b", "@li [x](y)"),
        Look("", "nothing left over? No"),
    )
    text = pull_request_body(make_task(), around(looks=looks, signed=False))
    assert "- `setup.py`: it runs when the package is built" in text
    assert "- ``a`b``: @<!-- -->li" in text
    assert "\n- nothing left over? No" in text
    assert "Asked for by @<!-- -->maria in #42" in text
    assert "not signed by GitHub" in text
    assert "qwen3-coder" in text


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Round half up", "Round half up"),
        ("", "Fix: Tax is wrong"),
        ("Fix @li\nSigned-off-by: x", "Fix @ li Signed-off-by: x"),
        ("Closes acme/shop#7 [skip ci]", "Closes acme/shop# 7 (skip ci)"),
    ],
)
def test_a_title_is_plain(title: str, shown: str) -> None:
    assert pull_request_title(make_task(title=title)) == shown


def test_a_commit_names_who_asked_and_the_log() -> None:
    headline, body = commit_message(
        make_task(title="Round half up", summary="Why.\nHow."), log_head="5e9a"
    )
    assert headline == "Round half up"
    assert body == (
        "Why.\nHow.\n\n"
        "Refs: #42\n"
        "Agent-Task: k3f9\n"
        "Agent-Log: sha256:5e9a\n"
        "Co-authored-by: maria <77+maria@users.noreply.github.com>"
    )


def test_a_commit_takes_no_trailers_from_the_agent() -> None:
    summary = (
        "Good.\n\nSigned-off-by: Eve <e@x>\nCo-authored-by: Eve <e@x>\r\n skip-checks: true\n"
        "Fixes #7\n[skip ci] [no ci]\nReviewed-By : Eve\nskip-checks:true\n***NO_CI***"
    )
    headline, body = commit_message(
        make_task(title="x\n\nCo-authored-by: Eve <e@x>", summary=summary), log_head="5e9a"
    )
    assert "\n" not in headline
    assert "Eve" not in body
    assert "skip-checks" not in body
    assert "[" not in body
    assert "NO_CI" not in body
    assert "Fixes # 7" in body


def test_the_action_log_is_made_of_observations_and_events() -> None:
    def action(number: int, kind: str, content: dict[str, Any]) -> Action:
        return Action("k3f9", number, kind, NOON + number, content, "", "")

    actions = [
        action(1, "event", {"title": "sandbox started", "result": "0.4 s"}),
        action(2, "message", {"text": "hidden"}),
        action(3, "reply", {"text": "hidden"}),
        action(4, "observation", {"title": "run `ls`", "result": "exit 0", "step": 1}),
        action(5, "plan", {"plan": []}),
        action(6, "observation", {"title": None}),
    ]
    lines = log_lines(actions)
    assert lines[0] == LogLine(None, NOON + 1, "sandbox started", "0.4 s")
    assert lines[1] == LogLine(1, NOON + 4, "run `ls`", "exit 0")
    assert len(lines) == 3


def log_of(count: int, title: str = "run `pytest`") -> list[LogLine]:
    return [LogLine(n, NOON + n, f"{title} {n}", "exit 0") for n in range(1, count + 1)]


def test_a_short_log_is_whole() -> None:
    text = action_log(log_of(31), started_at=NOON, head="", task_url="")
    assert text.count("exit 0") == 31
    assert "left out" not in text
    assert "| 31 | 0:31 | run `pytest` 31 | exit 0 |" in text


@pytest.mark.parametrize("title", ["x", "y" * 500, "`|" * 300, "&" * 999])
def test_a_long_log_leaves_out_its_middle_with_a_count(title: str) -> None:
    text = action_log(log_of(5_000, title), started_at=NOON, head="ab" * 32, task_url="https://b/t")
    assert len(text) <= LONGEST
    (left_out,) = re.findall(r"\*(\d+) lines left out here\*", text)
    assert text.count("exit 0") + int(left_out) == 5_000
    assert "| 1 | 0:01 |" in text
    assert "| 5000 | 1:23:20 |" in text
    assert text.endswith("</details>")


@given(text=hostile)
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_out_of_the_log(text: str) -> None:
    lines = [LogLine(1, NOON, text, text), LogLine(2, NOON, "end", "end")]
    shown = action_log(lines, started_at=NOON, head="", task_url="")
    tokens = MarkdownIt("commonmark").enable("table").parse(shown)
    assert sum(token.type == "tr_open" for token in tokens) == 3
    assert sum(token.type == "td_open" for token in tokens) == 8


@given(text=hostile)
@settings(max_examples=150, deadline=None)
def test_no_text_of_others_acts_in_any_comment(text: str) -> None:
    side = {"exit_code": 1, "summary": text, "failed": [text], "seconds": 1}
    row = {"name": text, "command": text, "base": {}, "change": side, "verdict": text, "note": text}
    task = make_task(
        state=TaskState.FAILED,
        reason=text,
        explanation=text,
        summary=text,
        title=text,
        progress=Progress(doing=text, plan=(PlanStep(text, text),)),
        evidence={"rows": [row], "clean": False, "why_not_clean": text},
    )
    looks = (Look(text, text),)
    frame = around(model=text, looks=looks, log=(LogLine(1, NOON, text, text),))
    running = replace(task, state=TaskState.RUNNING)
    for shown in (
        status_comment(task, frame),
        status_comment(running, frame),
        pull_request_body(task, frame),
    ):
        tokens = MarkdownIt("commonmark").enable("table").parse(shown)
        inner = [child for token in tokens for child in token.children or []]
        links = [token.attrs["href"] for token in inner if token.type == "link_open"]
        assert set(links) <= {"https://bot.example/tasks/k3f9"}
        assert not [token for token in inner if token.type == "image"]
        html = {token.content for token in inner if token.type == "html_inline"}
        retry = {"<!-- do:retry -->"} if RETRY_BOX in shown else set()
        assert html <= {"<!-- -->", "<sub>", "</sub>", "<code>", "</code>"} | retry
        boxes = Boxes(b"markers", 1, 1)
        assert boxes.offered(boxes.sealed(shown)) == ({"retry"} if retry else set())
        blocks = [token.content for token in tokens if token.type == "html_block"]
        assert all(
            block.startswith(("<details><summary>Action log", "</details>", "<sub>"))
            or block.strip() in AROUND_EVIDENCE
            for block in blocks
        )
        assert all(shown.count(mark) <= 1 for mark in AROUND_EVIDENCE)
        mentions = [token.content for token in inner if token.type == "text"]
        assert not [each for each in mentions if re.search(r"@[\w-]", each)]


def test_the_longest_comment_fits() -> None:
    long = "x `y` @z " * 100_000
    row = {"name": long, "command": long, "verdict": long, "note": long}
    task = make_task(
        state=TaskState.FAILED,
        explanation=long,
        summary="- " + "\n- ".join(["@"] * 100_000),
        evidence={"rows": [row] * 500, "clean": False, "why_not_clean": long},
    )
    log = tuple(LogLine(n, NOON, long, long) for n in range(1_000))
    for text in (status_comment(task, around(log=log)), pull_request_body(task, around(log=log))):
        assert len(text) <= 65_536
        assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (span(0.41), "0.4 s"),
        (span(9.96), "10.0 s"),
        (span(52), "52 s"),
        (span(200), "3 m 20 s"),
        (span(3_900), "1 h 5 m"),
        (span(90_000), "1 d 1 h"),
        (span(-3), "0 s"),
        (clock(4), "0:04"),
        (clock(3_750), "1:02:30"),
        (count(850), "850"),
        (count(1_200), "1.2k"),
        (count(48_000), "48k"),
        (count(999_999), "999k"),
        (count(4_000_000), "4M"),
        (money(0), "$0.00"),
        (money(0.004), "under $0.01"),
        (money(1.5), "$1.50"),
        (time_of_day(NOON), "12:00:00 UTC"),
        (moment(NOON), "15 Oct 2026, 12:00 UTC"),
    ],
)
def test_numbers_are_for_people(shown: str, wanted: str) -> None:
    assert shown == wanted


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.SUCCEEDED, TaskState.FAILED])
def test_a_limit_that_was_hit_is_named(state: TaskState) -> None:
    met = (LimitMet("the tests were killed at 2 GB", 2), LimitMet("a command was killed after 9 s"))
    task = make_task(state=state, progress=Progress(limits=met))
    said = status_comment(task, around())
    assert "⚠️ The tests were killed at 2 GB (2 times); a command was killed after 9 s." in said
    without = status_comment(make_task(state=state, progress=Progress()), around())
    assert "⚠️" not in without


@pytest.mark.parametrize(
    ("verb", "state", "advice"),
    [
        ("sync", TaskState.NO_CHANGE_NEEDED, "until the base has moved on: then `/agent sync`"),
        ("address", TaskState.NO_CHANGE_NEEDED, "Write a review, or say what is to be done"),
        ("ci", TaskState.NEEDS_INFORMATION, "`/agent address …` with what was missing"),
        ("ask", TaskState.NEEDS_INFORMATION, "`/agent ask …` with what was missing"),
    ],
)
def test_the_advice_is_something_that_the_bot_takes(
    verb: str, state: TaskState, advice: str
) -> None:
    assert advice in status_comment(make_task(verb=verb, state=state), around())
