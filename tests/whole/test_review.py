"""A review of the bot's pull request, over the whole path: threads, a suggestion, a moved base."""

from collections.abc import Iterator

import pytest

from demo.house import House
from tests.whole.given import call, house_with, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

NOTES = "One\nTwo\nThree\n"
ROUND = "Thread 1: fixed: it says so now, in NOTES.md\nThread 2: not changed: nobody reads the rest"
EDIT = call("edit", path="NOTES.md", old_str="Two", new_str="Two, and a half")
FIRST = script(
    "Write the notes down",
    turn(call("write", path="NOTES.md", content=NOTES)),
    *[submit(title="Write notes", summary="They are written down.")] * 2,
)
SECOND = script(
    "This is a round of review on pull request",
    turn(EDIT),
    *[submit(title="Say how many", summary=ROUND)] * 2,
)


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATCHBAY_REVIEW", "off")
        environment.setenv("PATCHBAY_REVIEW_QUIET_SECONDS", "1")
        folder = tmp_path_factory.mktemp("review")
        with house_with([SECOND, FIRST], folder, docker_host) as opened:
            yield opened


def test_a_review_with_threads_and_a_suggestion_becomes_commits_and_answers(house: House) -> None:
    github, name = house.stage.github, house.stage.repository
    issue = house.open_issue("Write the notes down")
    house.comment(issue, "/agent fix")
    assert house.wait_for_task(issue)["state"] == "succeeded"
    [pull] = house.pull_requests(issue)
    number, branch = pull["number"], pull["head"]["ref"]
    comments = [
        {"path": "NOTES.md", "line": 2, "body": "How many is that?"},
        {"path": "NOTES.md", "line": 3, "body": "Is the rest needed?"},
        {"path": "NOTES.md", "line": 1, "body": "```suggestion\nOne more\n```"},
    ]
    github.review(name, number, "maria", "REQUEST_CHANGES", "Please see below.", comments)
    assert house.wait_for_task(number)["state"] == "succeeded"
    assert github.file(name, "NOTES.md", branch) == "One more\nTwo, and a half\nThree\n"
    answers = [thread["comments"][-1]["body"] for thread in github.threads(name, number)]
    assert [words in said for words, said in zip(WORDS, answers, strict=True)] == [True] * 3
    resolved = [bool(thread["resolved_by"]) for thread in github.threads(name, number)]
    assert resolved == [True, False, True]
    [status] = [one["body"] for one in house.bot_comments(number)]
    assert "Round 1 of the review: 2 of 3 done" in status
    again = [{"path": "NOTES.md", "line": 3, "body": "```suggestion\nThree, at last\n```"}]
    github.review(name, number, "maria", "COMMENT", "One more:\n/agent", again)
    house.wait_for(lambda: len(house.tasks(number)) > 1, "a second task")
    assert house.wait_for_task(number, after=1)["state"] == "succeeded"
    assert "After round 2 of the review" in house.pull_requests(issue)[0]["body"]
    github.commit(name, "main", "maria", {"OTHER.md": "Meanwhile.\n"})
    house.comment(number, "/agent sync")
    assert house.wait_for_task(number, after=2)["state"] == "succeeded"
    assert github.file(name, "OTHER.md", branch) == "Meanwhile.\n"


WORDS = ("Fixed in `", "Not changed: nobody reads the rest", "Applied as suggested in `")
