"""A task whose agent patches, asks helpers and looks at GitHub, from the comment to the page."""

import urllib.request
from collections.abc import Iterator

import pytest

from demo.house import House
from tests.whole.given import bash, call, house_with, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

TITLE = "Rounding as it was decided"
QUESTION = "Where is the tax rounded, with file and line?"
PATCH = """\
*** Begin Patch
*** Add File: docs/rounding.md
+Half a cent is rounded up.
*** End Patch
"""
PATCHED = {"name": "apply_patch", "arguments": PATCH, "custom": True}
SETTINGS = {
    "PATCHBAY_APPLY_PATCH": "on",
    "PATCHBAY_EXPLORE": "on",
    "PATCHBAY_GITHUB_CONTEXT": "on",
}
SCRIPTS = [
    script(
        TITLE,
        turn(PATCHED, text="First the words."),
        turn(call("explore", question=QUESTION), call("github_context", kind="issue", ref="1")),
        bash("ls helper-was-here; cat docs/rounding.md"),
        submit(),
    ),
    script(
        QUESTION,
        turn(
            call("bash", command="touch helper-was-here; cat docs/rounding.md"),
            call("read", path="shop/tax.py"),
        ),
        turn(text="In shop/tax.py:1, and docs/rounding.md says how."),
    ),
]


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    folder = tmp_path_factory.mktemp("abilities")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in SETTINGS.items():
            environment.setenv(name, value)
        with house_with(SCRIPTS, folder, docker_host, workers=1) as opened:
            yield opened


def test_all_that_was_done_comes_to_the_issue_and_the_page(house: House) -> None:
    number = house.open_issue(TITLE, "Please write it down.")
    house.comment(number, "/agent fix this")
    task = house.wait_for_task(number)
    assert (task["state"], task["reason"]) == ("succeeded", "")

    address = f"{house.web}/tasks/{task['id']}"
    log = _read(f"{address}/log.jsonl")
    page = _read(address)
    status = next(one["body"] for one in house.bot_comments(number) if task["id"] in one["body"])
    for told in (page, status):
        assert "patch `docs/rounding.md`" in told
        assert f"explore: `{QUESTION}`" in told
        assert "look at issue `1`" in told
        assert "explore, step 2: read `shop/tax.py`" in told
    assert "and docs/rounding.md says how." in page
    # The helper saw the change so far, and left nothing behind.
    assert "Half a cent is rounded up." in log
    assert "cannot access 'helper-was-here'" in log
    assert 'trust=\\"untrusted\\"' in log
    minted = [one for one in house.stage.github.exchanges if one.operation.endswith("access-token")]
    assert any(b'"pull_requests":"read"' in one.request_body.replace(b" ", b"") for one in minted)


def _read(address: str) -> str:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
        return str(answer.read().decode())
