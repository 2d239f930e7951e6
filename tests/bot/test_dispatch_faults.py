"""What people see when GitHub fails while the bot answers: the truth, once."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.dispatch import handle
from bot.events import IssueCommented
from bot.github_errors import GitHubError, RateLimited, Unavailable
from bot.payloads import parse
from records.deliveries import DeliveryState
from records.effects import Ambiguous, Effects
from records.tasks import TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor

PERMISSION = "repos/get-collaborator-permission-level"


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, {"status": 429}])
def test_a_permission_that_cannot_be_looked_up_is_a_visible_refusal(
    front_door: FrontDoor, fault: dict[str, object]
) -> None:
    number = front_door.issue()
    front_door.github.fault(PERMISSION, **fault, count=None)
    outcome = front_door.command(number, "maria", "/agent fix")
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.woken == []
    (comment,) = front_door.bot_comments(number)
    assert "I could not check what" in comment


def test_a_permission_that_fails_for_a_moment_is_asked_again(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.fault(PERMISSION, status=502, count=2)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED


@pytest.mark.parametrize("answer", ["null", "[]", '{"permission": null}', '{"user": {}}', "7"])
def test_a_permission_in_no_known_words_is_a_refusal(front_door: FrontDoor, answer: str) -> None:
    number = front_door.issue()
    front_door.github.fault(PERMISSION, status=200, body=answer, count=None)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.REFUSED
    assert front_door.woken == []


def test_a_login_that_is_now_another_account_is_refused(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    assert isinstance(event, IssueCommented)
    renamed = replace(event, sender=replace(event.sender, id=event.sender.id + 1_000))
    assert handle(renamed, front_door.context).state is DeliveryState.REFUSED
    assert front_door.woken == []


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}])
@pytest.mark.parametrize("after", [True, False])
def test_a_comment_without_a_clear_answer_stands_once(
    front_door: FrontDoor, fault: dict[str, object], after: bool
) -> None:
    number = front_door.issue()
    front_door.github.fault("issues/create-comment", **fault, after=after)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED
    assert len(front_door.bot_comments(number)) == 1
    (task,) = front_door.context.tasks.recent(9)
    assert task.status_comment_id == front_door.last_comment_of(number, "patchbay-demo[bot]")


def test_a_planted_marker_is_not_taken_for_the_bots_own(front_door: FrontDoor) -> None:
    number, other = front_door.issue(), front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    planted = front_door.bot_comments(number)[0]
    front_door.github.comment(REPOSITORY, other, "none", planted)
    front_door.github.fault("issues/create-comment", status=500, after=False)
    front_door.command(other, "maria", "/agent fix")
    assert len(front_door.bot_comments(other)) == 1


def test_a_reaction_that_fails_does_not_stop_the_task(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.fault("reactions/create-for-issue-comment", status=500, count=None)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED
    assert len(front_door.woken) == 1


def test_a_revoked_token_is_minted_anew(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent help")
    front_door.github.advance_clock(7_200)
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED
    assert len(front_door.woken) == 1


def test_a_repository_that_the_installation_does_not_hold_is_left_alone(
    front_door: FrontDoor,
) -> None:
    other = front_door.github.create_repository("acme", "other", private=False)
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    assert isinstance(event, IssueCommented)
    forged = replace(event, repository=replace(event.repository, id=other))
    assert handle(forged, front_door.context).state is DeliveryState.IGNORED
    assert front_door.woken == []


def test_a_name_that_does_not_fit_the_id_is_replaced_by_githubs_own(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    assert isinstance(event, IssueCommented)
    forged = replace(event, repository=replace(event.repository, full_name="acme/other"))
    handle(forged, front_door.context)
    assert front_door.context.tasks.recent(1)[0].repository == REPOSITORY


def test_a_suspended_installation_does_nothing(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    front_door.github.suspend(front_door.installation_id)
    assert front_door.answer(event, body).state is DeliveryState.IGNORED


def test_an_app_that_may_not_write_issues_says_in_its_log_what_to_grant(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    front_door.github.state.installations[0].permissions["issues"] = "read"
    with capture_logs() as lines:
        outcome = front_door.answer(event, body)
    assert outcome.state is DeliveryState.REFUSED
    (warning,) = [line for line in lines if line["event"] == "app.permissions_missing"]
    assert warning["log_level"] == "warning"
    assert "`issues: write`" in warning["mend"]
    assert "metadata" not in warning["mend"]
    assert "Permissions & events" in warning["mend"]


def test_an_issue_that_is_gone_ends_quietly(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "read", "/agent fix")
    event, body = front_door.next("read")
    front_door.github.delete_issue(REPOSITORY, number, "admin")
    outcome = front_door.answer(event, body)
    assert outcome.state is DeliveryState.REFUSED
    assert "could not be said" in outcome.detail


@pytest.mark.parametrize("last_try", [True, False])
def test_what_nobody_has_words_for_is_raised_and_in_the_end_said(
    front_door: FrontDoor, last_try: bool
) -> None:
    number = front_door.issue()

    def broken_bell(task_id: str) -> None:
        raise RuntimeError(f"canary of {task_id}")

    context = replace(front_door.context, wake=broken_bell)
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            handle(event, context, last_try=last_try)
    comments = front_door.bot_comments(number)
    assert len(comments) == last_try
    assert not any("canary" in comment for comment in comments)
    assert len(front_door.context.tasks.recent(9)) == 1


def test_a_limit_of_githubs_is_nothing_to_be_sorry_for(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    limit = {"status": 429, "headers": {"Retry-After": "7"}, "message": "too many"}
    front_door.github.fault("issues/create-comment", **limit)
    with pytest.raises(RateLimited):
        handle(event, front_door.context, last_try=True)
    assert front_door.bot_comments(number) == []
    assert handle(event, front_door.context, last_try=True).state is DeliveryState.HANDLED
    (said,) = front_door.bot_comments(number)
    assert "Queued" in said


def test_after_a_failure_the_next_try_finishes_the_answer(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.context = replace(
        front_door.context,
        effects=quick_effects(front_door),
    )
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    front_door.github.fault("issues/create-comment", status=500, count=3)
    with pytest.raises(Ambiguous):
        handle(event, front_door.context, last_try=False)
    assert handle(event, front_door.context).state is DeliveryState.HANDLED
    assert len(front_door.bot_comments(number)) == 1
    assert len(front_door.context.tasks.recent(9)) == 1


def quick_effects(front_door: FrontDoor) -> Effects:
    return Effects(front_door.context.effects._database, pauses_s=(0.01,))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 403, "message": "API rate limit exceeded"}, RateLimited),
        ({"status": 500}, Ambiguous),
    ],
)
def test_without_a_token_the_delivery_is_left_for_later(
    front_door: FrontDoor, fault: dict[str, object], kind: type[Exception]
) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    front_door.github.fault("apps/create-installation-access-token", **fault)
    with pytest.raises(kind):
        handle(event, front_door.context)
    assert handle(event, front_door.context).state is DeliveryState.HANDLED


def test_without_github_the_delivery_is_left_for_later(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event = parse(*front_door.next("maria"))
    front_door.github.stop()
    with pytest.raises(Unavailable):
        handle(event, front_door.context)
    assert front_door.context.tasks.recent(1) == []


@pytest.mark.parametrize("failing", ["issues/create-comment", "issues/update-comment"])
def test_a_stop_whose_words_failed_is_said_and_shown_by_the_next_try(
    front_door: FrontDoor, failing: str
) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    front_door.github.comment(REPOSITORY, number, "maria", "/agent stop")
    event, body = front_door.next("maria")
    front_door.github.fault(failing, status=403, body='{"message": "not now"}', count=1)
    with pytest.raises(GitHubError):
        handle(parse(event, body), front_door.context, last_try=False)
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.STOPPED
    assert "Stopped by" not in front_door.bot_comments(number)[0]

    assert front_door.answer(event, body).state is DeliveryState.HANDLED
    status, answer = front_door.bot_comments(number)
    assert "Stopped by" in status
    assert "had not begun; it is stopped" in answer


def test_a_stop_that_a_task_outran_is_not_said_to_have_stopped_it(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    front_door.github.comment(REPOSITORY, number, "maria", "/agent stop")
    event, body = front_door.next("maria")
    front_door.github.fault("issues/create-comment", status=403, body="{}", count=1)
    tasks = front_door.context.tasks
    lease = tasks.take(front_door.woken[0], "worker", 30)
    assert lease
    with pytest.raises(GitHubError):
        handle(parse(event, body), front_door.context, last_try=False)
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    assert front_door.answer(event, body).state is DeliveryState.REFUSED
    assert "nothing to stop" in front_door.bot_comments(number)[-1]


def test_a_repository_that_was_renamed_is_found_under_its_new_name(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent help")
    front_door.github.rename_repository(REPOSITORY, "store")
    front_door.github.comment("acme/store", number, "maria", "/agent fix")
    assert front_door.next_outcome().state is DeliveryState.HANDLED
    found = front_door.github.comments("acme/store", number)
    assert [one["user"]["type"] for one in found].count("Bot") == 2
    assert len(front_door.woken) >= 1


def test_a_token_that_was_revoked_does_not_make_a_writer_a_stranger(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent help")
    front_door.github.state.tokens.clear()
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED
    assert len(front_door.woken) == 1


def test_in_a_repository_without_a_commit_a_label_is_none_and_a_command_gets_words(
    front_door: FrontDoor,
) -> None:
    github = front_door.github
    github.create_repository("acme", "empty")
    github.add_collaborator("acme/empty", "maria", "write")
    github.install(front_door.app._app_id, "acme/empty")
    number = github.open_issue("acme/empty", "maria", "Begin", "With something.")
    front_door.next_outcome()
    github.add_label("acme/empty", number, "maria", "later")
    assert front_door.next_outcome().state is DeliveryState.IGNORED
    github.comment("acme/empty", number, "maria", "/agent fix")
    assert front_door.next_outcome().state is DeliveryState.REFUSED
    said = [one["body"] for one in github.comments("acme/empty", number)]
    assert len(said) == 2
    assert "default branch" in said[-1]
