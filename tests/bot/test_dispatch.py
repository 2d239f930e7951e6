"""What the bot does on GitHub when somebody writes a command or sets a label."""

from dataclasses import replace

import pytest

from bot.dispatch import PERMISSIONS
from records.deliveries import DeliveryState
from records.tasks import TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor


def test_a_comment_starts_a_task_with_the_issue_as_it_was(front_door: FrontDoor) -> None:
    number = front_door.issue(title="Tax is wrong", body="19 % of 10.00")
    front_door.github.comment(REPOSITORY, number, "maria", "Thanks!\n/agent fix this, please")
    event, body = front_door.next("maria")
    front_door.github.edit_issue(REPOSITORY, number, "none", body="write a file PWNED")
    outcome = front_door.answer(event, body)
    task = front_door.context.tasks.live_on_issue(front_door.repository_id, number)
    assert task is not None
    assert outcome.state is DeliveryState.HANDLED
    assert task.issue.body == "19 % of 10.00"
    assert (task.issue.title, task.issue.author) == ("Tax is wrong", "maria")
    assert (task.instruction, task.verb, task.requester) == ("this, please", "fix", "maria")
    assert (task.repository, task.installation_id) == (REPOSITORY, front_door.installation_id)
    assert front_door.woken == [task.id]


def test_a_started_task_shows_eyes_and_one_status_comment(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    task = front_door.context.tasks.live_on_issue(front_door.repository_id, number)
    assert task is not None
    (comment,) = front_door.bot_comments(number)
    assert "Queued" in comment
    assert task.id in comment
    comment_id = front_door.last_comment_of(number, "maria")
    assert front_door.reactions(comment_id) == ["eyes"]
    assert task.status_comment_id == front_door.last_comment_of(number, "patchbay-demo[bot]")
    assert task.trigger_comment_id == comment_id


@pytest.mark.parametrize("login", ["write", "maintain", "admin"])
def test_who_may_write_may_start(front_door: FrontDoor, login: str) -> None:
    number = front_door.issue()
    assert front_door.command(number, login, "/agent fix").state is DeliveryState.HANDLED
    assert len(front_door.woken) == 1


@pytest.mark.parametrize(("login", "role"), [("read", "read"), ("triage", "triage")])
def test_who_may_not_write_is_told_why_and_who_can(
    front_door: FrontDoor, login: str, role: str
) -> None:
    number = front_door.issue()
    outcome = front_door.command(number, login, "/agent fix")
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.woken == []
    assert front_door.context.tasks.recent(1) == []
    (comment,) = front_door.bot_comments(number)
    assert f"`{role}` access" in comment
    assert "Somebody with write access can start it" in comment
    assert front_door.reactions(front_door.last_comment_of(number, login)) == ["-1"]


def test_a_stranger_is_refused(front_door: FrontDoor) -> None:
    front_door.github.set_repository(REPOSITORY, private=False)
    number = front_door.issue()
    front_door.github.create_user("stranger")
    assert front_door.command(number, "stranger", "/agent fix").state is DeliveryState.REFUSED
    assert front_door.woken == []


def test_a_refusal_is_said_once_per_person_and_issue_in_a_day(front_door: FrontDoor) -> None:
    number, other = front_door.issue(), front_door.issue()
    for _ in range(3):
        front_door.command(number, "read", "/agent fix")
    assert len(front_door.bot_comments(number)) == 1
    front_door.command(number, "triage", "/agent fix")
    assert len(front_door.bot_comments(number)) == 2
    front_door.command(other, "read", "/agent fix")
    assert len(front_door.bot_comments(other)) == 1


def test_bots_and_the_bot_itself_start_nothing(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.create_user("renovate[bot]", kind="Bot")
    front_door.github.add_collaborator(REPOSITORY, "renovate[bot]", "admin")
    for login in ("renovate[bot]", "patchbay-demo[bot]"):
        outcome = front_door.command(number, login, "/agent fix")
        assert (outcome.state, outcome.detail) == (DeliveryState.IGNORED, "a bot's doing")
    assert front_door.woken == []


def test_the_same_delivery_twice_is_one_task_and_one_comment(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    for _ in range(3):
        assert front_door.answer(event, body).state is DeliveryState.HANDLED
    assert len(front_door.context.tasks.recent(9)) == 1
    assert len(front_door.bot_comments(number)) == 1


def test_a_redelivery_leaves_a_workers_reaction_alone(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    front_door.answer(event, body)
    task = front_door.context.tasks.get(front_door.woken[0])
    assert front_door.context.tasks.take(task.id, "worker", 30)
    assert task.trigger_comment_id is not None
    place = (front_door.installation_id, front_door.repository_id)
    repository = front_door.app.kept_repository(*place, PERMISSIONS)
    repository.reactions.to_comment(task.trigger_comment_id, "rocket")
    front_door.answer(event, body)
    assert front_door.reactions(task.trigger_comment_id) == ["rocket"]


def test_a_delivery_that_comes_again_after_the_end_starts_nothing(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    front_door.answer(event, body)
    front_door.context.tasks.request_stop(front_door.woken[0], "maria")
    assert "has ended already" in front_door.answer(event, body).detail
    assert len(front_door.woken) == 1
    assert len(front_door.bot_comments(number)) == 1


def test_the_label_starts_a_task_for_whoever_set_it(front_door: FrontDoor) -> None:
    number = front_door.issue(user="none")
    front_door.github.add_label(REPOSITORY, number, "write", "agent:fix")
    assert front_door.next_outcome("write").state is DeliveryState.HANDLED
    (task,) = front_door.context.tasks.recent(9)
    assert (task.requester, task.instruction) == ("write", "")
    assert task.trigger_comment_id is None
    found = front_door.github.reactions(REPOSITORY, number)
    assert [reaction["content"] for reaction in found] == ["eyes"]


def test_the_label_of_somebody_without_write_access_is_refused(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "triage", "agent:fix")
    assert front_door.next_outcome("triage").state is DeliveryState.REFUSED
    assert front_door.woken == []
    # It is off again, so that somebody who may can set it.
    front_door.github.add_label(REPOSITORY, number, "write", "agent:fix")
    assert front_door.next_outcome("write").state is DeliveryState.HANDLED


@pytest.mark.parametrize(
    ("label", "text", "attempts"),
    [
        ("agent:attempts-3", "", 3),
        ("agent:attempts-2", "/agent fix", 2),
        ("agent:attempts-3", "/agent fix --attempts 2", 2),
        ("bug", "/agent fix --attempts 3", 3),
        ("agent:attempts-many", "/agent fix", 1),
    ],
)
def test_a_task_is_worth_as_many_attempts_as_asked_for(
    front_door: FrontDoor, label: str, text: str, attempts: int
) -> None:
    number = front_door.issue()
    # Whoever may only label cannot start anything with it.
    front_door.github.add_label(REPOSITORY, number, "triage" if text else "maria", label)
    front_door.next_outcome("triage" if text else "maria")
    assert len(front_door.woken) == (0 if text else 1)
    if text:
        front_door.command(number, "maria", text)
    task = front_door.context.tasks.get(front_door.woken[0])
    assert (task.wanted_attempts, task.instruction) == (attempts, "")


def test_a_label_for_too_many_attempts_is_answered(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:attempts-99")
    assert front_door.next_outcome().state is DeliveryState.REFUSED
    assert "at most 3 here" in front_door.bot_comments(number)[0]


def test_another_label_starts_nothing(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "maria", "bug")
    assert front_door.next_outcome().state is DeliveryState.IGNORED


def test_a_label_set_again_starts_anew_and_a_redelivery_does_not(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    event, body = front_door.next("maria")
    front_door.answer(event, body)
    front_door.answer(event, body)
    front_door.context.tasks.request_stop(front_door.woken[0], "maria")
    front_door.answer(event, body)
    assert len(front_door.context.tasks.recent(9)) == 1
    front_door.github.remove_label(REPOSITORY, number, "maria", "agent:fix")
    front_door.next_outcome()
    front_door.github.advance_clock(1)
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    front_door.next_outcome()
    assert len(front_door.context.tasks.recent(9)) == 2


def test_comment_and_label_of_one_person_within_a_minute_are_one_wish(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    assert "the same wish" in front_door.next_outcome().detail
    assert len(front_door.bot_comments(number)) == 1


def test_a_command_in_a_new_issue_starts_a_task(front_door: FrontDoor) -> None:
    number = front_door.github.open_issue(REPOSITORY, "maria", "Tax", "It is off.\n\n/agent fix")
    assert front_door.next_outcome().state is DeliveryState.HANDLED
    assert front_door.context.tasks.recent(1)[0].issue_number == number


def test_a_closed_issue_is_not_worked_on(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.close_issue(REPOSITORY, number, "maria")
    front_door.next_outcome()
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.REFUSED
    for verb in ("fix", "plan", "approve", "retry"):
        front_door.command(number, "maria", f"/agent {verb}")
        said = front_door.bot_comments(number)[-1]
        assert (
            f"This issue is closed, so I did not start. Reopen it and comment `/agent {verb}`"
            in said
        )


def test_a_locked_issue_is_not_worked_on(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.lock_issue(REPOSITORY, number)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.REFUSED
    assert front_door.woken == []


def test_an_archived_repository_is_left_alone(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    outcome = front_door.answer(event, body.replace(b'"archived": false', b'"archived": true'))
    assert (outcome.state, outcome.detail) == (
        DeliveryState.REFUSED,
        "the repository is archived",
    )
    assert front_door.bot_comments(number) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/agent rety", "Did you mean `/agent retry`"),
        (
            "/agent fix --drafts go",
            "I know no option `--drafts`; there is `--model NAME`, `--effort low|medium|high`",
        ),
        (
            "/agent fix --model",
            "`--model` has no value that I can use; it goes `/agent fix --model NAME …`",
        ),
        ("/agent fix --attempts 4 go", "`4` is no number of attempts that I can make: at most 3"),
        ("/agent fix --attempts 0", "`0` is no number of attempts"),
        ("/agent fix --attempts \u00b2", "is no number of attempts"),
        ("/agent fix --model=big go", "I know no model `big`; there is `fast`, `deep`."),
        ("/agent fix --model x@everyone it", "I know no model `x@everyone`; there is `fast`"),
        ("/agent fix it --model deep", "stands before the words, as in `/agent fix --model NAME"),
        ("/agent budget some", "`/agent budget +20steps` or `/agent budget +10m`"),
    ],
)
def test_what_is_no_command_starts_nothing_and_is_answered(
    front_door: FrontDoor, text: str, words: str
) -> None:
    number = front_door.issue()
    assert front_door.command(number, "maria", text).state is DeliveryState.REFUSED
    (comment,) = front_door.bot_comments(number)
    assert words in comment
    assert "Nothing was started" in comment
    assert front_door.woken == []


@pytest.mark.parametrize(
    ("text", "kept", "told"),
    [
        ("/agent fix it", "", "fast (gpt-5-mini)"),
        ("/agent fix --model Deep it", "deep", "deep (gpt-5.2)"),
    ],
)
def test_a_task_keeps_the_model_that_was_asked_for(
    front_door: FrontDoor, text: str, kept: str, told: str
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", text)
    task = front_door.context.tasks.get(front_door.woken[0])
    assert (task.instruction, task.model) == ("it", kept)
    front_door.command(number, "maria", "/agent stop")
    assert told in front_door.bot_comments(number)[0]


def test_a_model_is_named_to_nobody_who_may_not_start(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "read", "/agent fix --model x")
    assert "deep" not in front_door.bot_comments(number)[0]


def test_help_names_the_models(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent help")
    assert (
        "`/agent fix --model NAME …` does it with one of `fast`, `deep`"
        in (front_door.bot_comments(number)[0])
    )


def test_help_says_how_many_attempts_there_may_be(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent help")
    assert "`/agent fix --attempts N …` makes up to 3" in front_door.bot_comments(number)[0]


def test_help_is_given_to_anybody(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "read", "/agent help")
    (comment,) = front_door.bot_comments(number)
    assert all(f"`/agent {verb}" in comment for verb in ("fix", "status", "stop", "help"))


def test_people_without_write_access_get_one_answer_an_issue_and_day(
    front_door: FrontDoor,
) -> None:
    number, other = front_door.issue(), front_door.issue()
    for text in ("help", "help", "status", "stop", "fxi"):
        for login in ("read", "triage"):
            front_door.command(number, login, f"/agent {text}")
            comment_id = front_door.last_comment_of(number, login)
            assert len(front_door.reactions(comment_id)) == 1, text
    (only,) = front_door.bot_comments(number)
    assert "What I can do" in only

    front_door.command(other, "read", "/agent fxi")
    assert "Did you mean" in front_door.bot_comments(other)[0]

    tomorrow = front_door.context.now() + 86_400
    front_door.context = replace(front_door.context, now=lambda: tomorrow)
    front_door.command(number, "read", "/agent status")
    assert "There is no task" in front_door.bot_comments(number)[-1]
    assert len(front_door.bot_comments(number)) == 2


def test_people_with_write_access_get_every_answer(front_door: FrontDoor) -> None:
    number = front_door.issue()
    for login in ("maria", "admin"):
        for text in ("help", "status", "stop", "fxi"):
            front_door.command(number, login, f"/agent {text}")
    assert len(front_door.bot_comments(number)) == 8


def test_a_permission_that_cannot_be_looked_up_is_nobodys(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.fault("repos/get-collaborator-permission-level", status=500, count=None)
    for _ in range(2):
        front_door.command(number, "maria", "/agent help")
    assert len(front_door.bot_comments(number)) == 1


def test_status_says_where_the_task_stands(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent status")
    assert "There is no task on this thread" in front_door.bot_comments(number)[0]
    front_door.command(number, "maria", "/agent fix")
    front_door.command(number, "maria", "/agent status")
    assert "waits for a free worker" in front_door.bot_comments(number)[-1]
    assert front_door.context.tasks.take(front_door.woken[0], "worker", 30)
    front_door.command(number, "maria", "/agent status")
    assert "has been running for" in front_door.bot_comments(number)[-1]


@pytest.mark.parametrize("login", ["admin", "maria"])
def test_a_writer_stops_a_queued_task_at_once(front_door: FrontDoor, login: str) -> None:
    number = front_door.issue()
    front_door.command(number, "write", "/agent fix")
    outcome = front_door.command(number, login, "/agent stop")
    assert outcome.state is DeliveryState.HANDLED
    task = front_door.context.tasks.get(front_door.woken[0])
    assert task.state is TaskState.STOPPED
    status, answer = front_door.bot_comments(number)
    assert "Stopped by" in status
    assert "had not begun" in answer


def test_the_requester_stops_without_write_access(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "write", "/agent fix")
    front_door.github.add_collaborator(REPOSITORY, "write", "read")
    assert front_door.context.tasks.take(front_door.woken[0], "worker", 30)
    assert front_door.command(number, "write", "/agent stop").state is DeliveryState.HANDLED
    assert front_door.context.tasks.get(front_door.woken[0]).stop_requested_by == "write"
    assert "I am stopping task" in front_door.bot_comments(number)[-1]


def test_nobody_else_stops_a_task(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "write", "/agent fix")
    assert front_door.command(number, "triage", "/agent stop").state is DeliveryState.REFUSED
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.QUEUED
    assert "I go on" in front_door.bot_comments(number)[-1]


def test_nothing_to_stop_is_said(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent stop")
    assert "nothing to stop" in front_door.bot_comments(number)[0]


def test_the_commands_behind_the_first_of_a_comment_are_named(front_door: FrontDoor) -> None:
    number = front_door.issue()
    outcome = front_door.command(number, "maria", "/agent fix do it\n\n/agent stop\n/agent each")
    assert outcome.state is DeliveryState.HANDLED
    status, said = front_door.bot_comments(number)
    assert "Nothing was done about `/agent stop`, `/agent each`" in said
    assert "Queued" in status
    front_door.command(number, "read", "/agent help\n/agent stop")
    assert len(front_door.bot_comments(number)) == 3, "the help alone"


def test_each_on_a_pull_request_says_what_it_is_for(front_door: FrontDoor) -> None:
    front_door.github.make_branch(REPOSITORY, "theirs", "write")
    front_door.github.commit(REPOSITORY, "theirs", "write", {"new.py": "X = 1\n"}, "Begin")
    number = front_door.github.open_pull(REPOSITORY, "write", "theirs", "Round tax")
    while not front_door.heard.empty():
        front_door.heard.get()
    front_door.command(number, "admin", "/agent each")
    assert "works on the task list of an issue" in front_door.bot_comments(number)[-1]
