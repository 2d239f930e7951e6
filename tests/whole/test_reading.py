"""Plans, answers and reviews, from the comment to the words: nothing of them changes anything."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from demo.house import House
from tests.whole.given import CHECK, bash, call, house_with, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

PLANNED, ASKED, PULLED = "Stock below nothing", "A question of discounts", "Mend the discount"
STEP = {"do": "Refuse to take more than there is", "files": [{"path": "shop/stock.py"}]}
PLAN: dict[str, Any] = {
    "problem": "More can be taken than there is.",
    "cause": "`shop/stock.py:20` subtracts without a look.",
    "steps": [STEP],
    "tests": ["taking too much raises OutOfStock"],
    "risks": [],
    "out_of_scope": ["ordering more"],
    "estimate": {"tool_calls": 6, "minutes": 2},
    "unverified": "",
}
NEW_TEST = {"path": "tests/test_more.py", "new": True}
REVISED = {**PLAN, "steps": [STEP, {"do": "Test it", "files": [NEW_TEST]}]}
WRONG_PLAN = {**PLAN, "steps": [{"do": "Mend it", "files": [{"path": "shop/shelf.py"}]}]}
CITED = {"path": "shop/discount.py", "line": 11, "shows": "the quantity itself is left out"}
ANSWER = {
    "answer": "At `shop/discount.py:11`: it says `>`, so 10 pieces get nothing.\n\nAsk @li.",
    "cited": [CITED],
    "unverified": "",
}
REMARK: dict[str, Any] = {
    "path": "shop/discount.py",
    "line": 11,
    "severity": "bug",
    "body": "A quantity of 100 gets 15 % only from 101 on. See @li, fixes #1.",
    "suggestion": "        if quantity >= least:",
}
REVIEW = {"summary": "It turns the comparison the wrong way.", "comments": [REMARK]}
FIX = "sed -i 's/        self._counts\\[article\\] = self.count/        self._counts[article] = 0 + self.count/' shop/stock.py"  # noqa: E501 - one script


def handed(**fields: Any) -> dict[str, Any]:
    return turn(call("submit", **{"unverified": "", **fields}))


SCRIPTS = [
    script(
        "has approved this plan",
        bash(FIX),
        submit(title="Look before taking", checks=[CHECK]),
    ),
    script(
        PLANNED, bash("cat shop/stock.py"), handed(**WRONG_PLAN), handed(**PLAN), handed(**REVISED)
    ),
    script(
        ASKED,
        bash("grep -n quantity shop/discount.py; touch left-behind"),
        handed(**{**ANSWER, "answer": "At `shop/discount.py:99`."}),
        handed(**ANSWER),
    ),
    script("Answer the question below. It was asked under the pull request", handed(**ANSWER)),
    script(
        PULLED,
        bash("cat /tmp/pull_request.diff; python3 -m pytest -q tests/test_discount.py"),
        handed(**{**REVIEW, "comments": [{**REMARK, "line": 1}]}),
        handed(**REVIEW),
    ),
]


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    folder = tmp_path_factory.mktemp("reading")
    with house_with(SCRIPTS, folder, docker_host, workers=1) as opened:
        yield opened


def refs(house: House) -> list[str]:
    owner, _, name = house.stage.repository.partition("/")
    state = house.stage.github.state
    with state.lock:
        return sorted(state.repository(owner, name).git.refs("refs/heads/"))


def labels(house: House, number: int) -> set[str]:
    return {
        label["name"]
        for label in house.stage.github.issue(house.stage.repository, number)["labels"]
    }


def told(house: House, task: dict[str, Any], words: str) -> bool:
    """Say whether the agent of a task was told these words."""
    page = f"{house.web}/tasks/{task['id']}/log.jsonl"
    ran = subprocess.run(["curl", "-fsS", page], check=True, capture_output=True, text=True)
    return words in ran.stdout


def test_a_question_is_answered_with_lines_that_were_looked_up(house: House) -> None:
    number, before = house.open_issue(ASKED), refs(house)
    comment_id = house.comment(number, "/agent ask from how many on is there a discount?")
    task = house.wait_for_task(number)
    assert (task["state"], task["verb"]) == ("succeeded", "ask")
    [answer] = house.bot_comments(number)
    assert answer["body"].splitlines()[1].startswith("### 💬 Answered")
    sha = task["base_sha"]
    assert f"/blob/{sha}/shop/discount.py#L11)" in answer["body"]
    assert "`if quantity > least:`" in answer["body"]
    assert "discount.py:99" not in answer["body"].split("<details>")[0]
    assert "@<!-- -->li" in answer["body"]
    assert told(house, task, "shop/discount.py:99: shop/discount.py has ")
    assert "| the answer |" in answer["body"]
    house.wait_for(lambda: house.reactions(comment_id) == ["hooray"], "the last reaction")
    assert refs(house) == before
    assert labels(house, number) == set()


def test_a_plan_is_revised_approved_and_carried_out(house: House) -> None:
    number = house.open_issue(PLANNED, "It must not happen.")
    house.comment(number, "/agent plan and keep it small")
    task = house.wait_for_task(number, {"waiting"})
    [plan] = house.bot_comments(number)
    assert plan["body"].splitlines()[1].startswith("### 📋 Plan r1 `")
    assert "1. Refuse to take more than there is: `shop/stock.py`" in plan["body"]
    assert "- [ ] Approve plan `" in plan["body"]
    assert told(house, task, "shop/shelf.py: there is no such file")
    assert labels(house, number) == {"agent:needs-input"}

    house.comment(number, "/agent revise with a test")
    plan = house.wait_for_answer(number, "Plan r2 `")
    assert "`tests/test_more.py` (new)" in plan["body"]
    assert told(house, task, "wants it to be another one")
    digest = plan["body"].split("Plan r2 `")[1][:8]
    house.wait_for_task(number, {"waiting"})

    approval = house.comment(number, f"/agent approve {digest}", user="li")
    fix = house.wait_for_task(number, after=1)
    assert (fix["state"], fix["verb"], fix["requester"]) == ("succeeded", "fix", "li")
    assert told(house, fix, "li has approved this plan")
    assert told(house, fix, "2. Test it (tests/test_more.py)")
    [pull_request] = house.pull_requests(number)
    assert f"plan `{digest}`, approved by @<!-- -->li" in pull_request["body"]
    [planned] = [one for one in house.tasks(number) if one["verb"] == "plan"]
    assert planned["state"] == "succeeded"
    final = house.bot_comments(number)[0]["body"]
    assert final.splitlines()[1].startswith(f"### 📋 Plan r2 `{digest}`, approved")
    house.wait_for(lambda: house.reactions(approval) == ["hooray"], "the last reaction")


def test_a_pull_request_is_reviewed_on_its_lines_and_never_approved(house: House) -> None:
    github, repository = house.stage.github, house.stage.repository
    github.make_branch(repository, "turned", "li")
    changed = github.file(repository, "shop/discount.py").replace("> least", "< least")
    github.commit(repository, "turned", "li", {"shop/discount.py": changed})
    number, before = github.open_pull(repository, "li", "turned", PULLED), refs(house)
    house.comment(number, "/agent review the border cases")
    task = house.wait_for_task(number)
    assert (task["state"], task["verb"]) == ("succeeded", "review")
    [review] = github.reviews(repository, number)
    assert review["state"] == "COMMENTED"
    assert "> It turns the comparison the wrong way." in review["body"]
    [thread] = github.threads(repository, number)
    assert (thread["path"], thread["line"]) == ("shop/discount.py", 11)
    [remark] = thread["comments"]
    assert "```suggestion\n        if quantity >= least:\n```" in remark["body"]
    assert "@<!-- -->li" in remark["body"]
    [status] = house.bot_comments(number)
    assert status["body"].splitlines()[1].startswith("### 🔎 Reviewed")
    assert f"({review['html_url']})" in status["body"]
    assert told(house, task, "line 1 is not in one place of the diff")
    assert refs(house) == before

    house.comment(number, "/agent ask which line is turned?")
    asked = house.wait_for_task(number, after=1)
    assert (asked["state"], asked["verb"]) == ("succeeded", "ask")
    answer = house.wait_for_answer(number, "### 💬 Answered")["body"]
    assert f"/blob/{asked['head_sha']}/shop/discount.py#L11)" in answer
    assert "`if quantity < least:`" in answer
