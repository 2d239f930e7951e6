"""The repository's checks run by themselves where no outsider's text was given to the agent."""

from dataclasses import replace
from typing import Any

import pytest

from bot.comments.held import held, is_held
from bot.github_repository import GitHubRepository
from jobs.checkout import fetch_base
from jobs.checks.hold import why_held
from records.task import Comment
from tests.jobs.desk import REPOSITORY, Desk
from tests.records.given import new_task


def _given(desk: Desk, author: str = "maria", *comments: Comment) -> None:
    known = desk.job.task.requester_id if author == "maria" else 0
    issue = replace(desk.job.task.issue, author=author, author_id=known, comments=comments)
    desk.job = replace(desk.job, task=replace(desk.job.task, issue=issue))


def _repository(desk: Desk) -> GitHubRepository:
    task, github = desk.job.task, desk.job.services.github
    token = github.token(task.installation_id, task.repository_id, {"metadata": "read"})
    return github.repository(token)


def _message(desk: Desk) -> str:
    (pull,) = desk.pull_requests()
    return desk.git("log", "-1", "--format=%B", pull["head"]["sha"])


def test_what_people_with_write_access_asked_for_is_checked_at_once(desk: Desk) -> None:
    _given(desk)
    opened = desk.hand_in()
    assert "skip-checks" not in _message(desk)
    assert "do not run" not in desk.pull_requests()[0]["body"]
    branch = desk.pull_requests()[0]["head"]["ref"]
    assert desk.github.start_workflow(REPOSITORY, branch) is not None
    assert opened.draft


@pytest.mark.parametrize("where", ["issue", "comment"])
def test_an_outsiders_text_holds_the_checks_until_a_person_has_looked(
    desk: Desk, where: str
) -> None:
    desk.github.create_user("stranger")
    author = "stranger" if where == "issue" else "maria"
    _given(desk, author, *([] if where == "issue" else [Comment("stranger", "none", "Try this.")]))
    desk.hand_in()
    assert _message(desk).endswith("\nskip-checks: true")
    assert f"\nAgent-Task: {desk.job.task.id}\n" in _message(desk)
    (pull,) = desk.pull_requests()
    assert "⏸ **The repository's checks do not run on this yet.**" in pull["body"]
    assert "/agent ci run" in pull["body"]
    assert desk.github.start_workflow(REPOSITORY, pull["head"]["ref"]) is None


def test_a_text_that_a_writer_vouched_for_holds_nothing_and_a_comment_still_does(
    desk: Desk,
) -> None:
    desk.github.create_user("stranger")
    _given(desk, "stranger")
    vouched = replace(desk.job, task=replace(desk.job.task, brief={"vouched": "maria"}))
    token = vouched.services.github.token(
        vouched.task.installation_id, vouched.task.repository_id, {"metadata": "read"}
    )
    repository = vouched.services.github.repository(token)
    assert "stranger" in why_held(desk.job, repository)
    assert why_held(vouched, repository) == ""
    issue = replace(vouched.task.issue, comments=(Comment("stranger", "none", "Try this."),))
    commented = replace(vouched, task=replace(vouched.task, issue=issue))
    assert "stranger" in why_held(commented, repository)


def test_who_is_gone_counts_as_an_outsider(desk: Desk) -> None:
    issue = replace(desk.job.task.issue, author="")
    job = replace(desk.job, task=replace(desk.job.task, issue=issue))
    token = job.services.github.token(
        job.task.installation_id, job.task.repository_id, {"metadata": "read"}
    )
    assert "ghost" in why_held(job, job.services.github.repository(token))


def test_a_login_that_somebody_else_has_taken_is_an_outsiders(desk: Desk) -> None:
    _given(desk)
    issue = replace(desk.job.task.issue, author_id=desk.job.task.requester_id + 1000)
    desk.job = replace(desk.job, task=replace(desk.job.task, issue=issue))
    desk.hand_in()
    assert is_held(_message(desk))


@pytest.mark.parametrize("brief", [{"wip": "?"}, {"plan": {"task": "?", "base_sha": ""}}])
def test_what_goes_on_with_an_outsiders_task_is_held_as_that_was(
    desk: Desk, brief: dict[str, Any]
) -> None:
    _given(desk)
    earlier, _ = desk.job.services.tasks.create(new_task("comment:77", issue_number=77))
    known = {
        key: earlier.id if one == "?" else {**one, "task": earlier.id} for key, one in brief.items()
    }
    desk.job = replace(desk.job, task=replace(desk.job.task, brief=known))
    desk.hand_in()
    assert is_held(_message(desk))


@pytest.mark.parametrize("role", ["triage", "read"])
def test_who_asked_without_write_access_holds_the_checks(desk: Desk, role: str) -> None:
    _given(desk)
    user_id = desk.github.create_user("tina")
    desk.github.add_collaborator(REPOSITORY, "tina", role)
    asked = replace(desk.job.task, requester="tina", requester_id=user_id)
    assert "tina" in why_held(replace(desk.job, task=asked), _repository(desk))
    bot = replace(desk.job.task, requester="renovate[bot]", requester_id=user_id)
    assert "renovate" in why_held(replace(desk.job, task=bot), _repository(desk))


@pytest.mark.parametrize("brief", [{"plan": {"task": "?"}}, {"retry_of": "?"}])
def test_words_of_an_earlier_task_hold_the_checks_of_the_one_that_has_them(
    desk: Desk, brief: dict[str, Any]
) -> None:
    _given(desk)
    earlier, _ = desk.job.services.tasks.create(
        replace(
            new_task("comment:77", issue_number=77),
            issue=desk.job.task.issue,
            repository=REPOSITORY,
        )
    )
    known = {key: {"task": earlier.id} if key == "plan" else earlier.id for key in brief}
    job = replace(desk.job, task=replace(desk.job.task, brief=known))
    assert earlier.requester in why_held(job, _repository(desk))


def test_what_is_laid_on_a_held_commit_is_held_and_says_why(desk: Desk) -> None:
    _given(desk)
    desk.github.make_branch(REPOSITORY, "agent/1-x", "maria")
    text = f"Mend\n\n{held('Agent-Task: k3f9')}"
    desk.github.commit(REPOSITORY, "agent/1-x", "maria", {"new.py": "X = 1\n"}, text)
    task = replace(desk.job.task, brief={"base": "agent/1-x"})
    desk.job = replace(desk.job, task=task)
    desk.base = fetch_base(desk.job.services, task)
    desk.hand_in()
    assert is_held(_message(desk))
    assert "It stands on a commit that is held" in desk.pull_requests()[0]["body"]


def test_what_is_laid_on_the_default_branch_is_not_held_for_a_message_there(desk: Desk) -> None:
    _given(desk)
    text = f"Mend\n\n{held('Agent-Task: k3f9')}"
    desk.github.commit(REPOSITORY, "main", "maria", {"new.py": "X = 1\n"}, text)
    desk.base = fetch_base(desk.job.services, desk.job.task)
    desk.hand_in()
    assert not is_held(_message(desk))


def test_two_empty_lines_stand_before_the_trailers_and_the_word_is_the_last() -> None:
    text = held("Mended.\n\nRefs: #1\nAgent-Task: k3f9")
    assert text == "Mended.\n\n\nRefs: #1\nAgent-Task: k3f9\nskip-checks: true"
    assert is_held(text)
    assert not is_held("Mended.\n\nRefs: #1")
    assert "\n\n\nRefs: #1\n" in held("Refs: #1")
