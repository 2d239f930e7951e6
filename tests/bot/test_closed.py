"""What becomes of the bot's pull requests is on record, and ends what is on its way for them."""

import json
from dataclasses import replace

import pytest

from bot.comments import Surroundings, status_comment
from bot.comments.views import Limits
from bot.conversation import Conversation
from bot.github_errors import RateLimited
from records.deliveries import DeliveryState
from records.pulls import Fate
from records.task import NewTask, Task, TaskState
from tests.bot.conftest import REPOSITORY
from tests.bot.own_pull import BRANCH, OnPullRequest


def _closed(on_pull: OnPullRequest, by: str) -> str:
    while True:
        event, body = on_pull.door.next(by)
        outcome = on_pull.door.answer(event, body)
        if event == "pull_request" and b'"action": "closed"' in body:
            return outcome.detail


def _fate(on_pull: OnPullRequest) -> tuple[Fate, str]:
    record = on_pull.door.context.tasks.pulls.get(on_pull.door.repository_id, on_pull.number)
    return record.fate, record.fate_by


def test_a_merged_pull_request_is_on_record_and_its_branch_is_gone(on_pull: OnPullRequest) -> None:
    github = on_pull.door.github
    assert _fate(on_pull) == (Fate.OPEN, "")
    github.merge(REPOSITORY, on_pull.number, "write")
    assert _closed(on_pull, "write") == "merged; 0 tasks on it stopped"
    assert _fate(on_pull) == (Fate.MERGED, "write")
    assert BRANCH not in github.branches(REPOSITORY)


def test_a_branch_that_somebody_pushed_to_after_the_merge_stays(on_pull: OnPullRequest) -> None:
    github = on_pull.door.github
    github.merge(REPOSITORY, on_pull.number, "write")
    on_pull.pushes("More", by="maria")
    _closed(on_pull, "write")
    assert BRANCH in github.branches(REPOSITORY)


def test_a_closed_pull_request_stops_its_tasks_and_keeps_its_branch(on_pull: OnPullRequest) -> None:
    door = on_pull.door
    on_pull.ends("failure", "FAILED tests/test_tax.py::test_rounding")
    on_pull.outcome()
    (task,) = on_pull.repairs()
    door.github.close_issue(REPOSITORY, on_pull.number, "maria")
    assert _closed(on_pull, "maria") == "closed; 1 tasks on it stopped"
    assert _fate(on_pull) == (Fate.CLOSED, "maria")
    assert door.context.tasks.get(task.id).state is TaskState.STOPPED
    assert "closed this pull request" in on_pull.words()[-1]
    assert BRANCH in door.github.branches(REPOSITORY)


def test_a_command_that_waits_on_a_merged_pull_request_is_answered_by_its_own_comment(
    on_pull: OnPullRequest,
) -> None:
    door = on_pull.door
    door.command(on_pull.number, "maria", "/agent sync")
    door.command(on_pull.number, "maria", "/agent address")
    door.github.merge(REPOSITORY, on_pull.number, "write")
    assert _closed(on_pull, "write") == "merged; 2 tasks on it stopped"
    assert len(on_pull.words()) == 2
    for words in on_pull.words():
        assert "⏹ Stopped" in words
        assert "merged this pull request" in words
        assert "To start anew" not in words
    last = door.last_comment_of(on_pull.number, "maria")
    assert door.reactions(last) == ["confused"]


def test_a_merge_that_takes_it_back_is_on_record(on_pull: OnPullRequest) -> None:
    github = on_pull.door.github
    github.merge(REPOSITORY, on_pull.number, "write")
    _closed(on_pull, "write")
    back = github.revert(REPOSITORY, on_pull.number, "maria")
    assert _fate(on_pull)[0] is Fate.MERGED
    github.merge(REPOSITORY, back, "admin")
    assert _closed(on_pull, "admin") == f"pull request #{on_pull.number} was reverted"
    assert _fate(on_pull) == (Fate.REVERTED, "admin")


def test_a_revert_whose_text_was_replaced_is_known_by_its_title(on_pull: OnPullRequest) -> None:
    github = on_pull.door.github
    github.merge(REPOSITORY, on_pull.number, "write")
    _closed(on_pull, "write")
    github.make_branch(REPOSITORY, "back", "maria")
    github.commit(REPOSITORY, "back", "maria", {"tax.py": "RATE = 0.19\n"}, "Back")
    back = github.open_pull(REPOSITORY, "maria", "back", 'Revert "Fix tax"')
    github.merge(REPOSITORY, back, "admin")
    assert _closed(on_pull, "admin") == f"pull request #{on_pull.number} was reverted"
    assert _fate(on_pull) == (Fate.REVERTED, "admin")


def test_another_pull_request_with_such_a_title_takes_nothing_back(on_pull: OnPullRequest) -> None:
    github = on_pull.door.github
    github.make_branch(REPOSITORY, "back", "maria")
    github.commit(REPOSITORY, "back", "maria", {"new.py": "X = 1\n"}, "Back")
    back = github.open_pull(REPOSITORY, "maria", "back", 'Revert "Fix tax"')
    github.merge(REPOSITORY, back, "admin")
    assert _closed(on_pull, "admin") == "not the bot's pull request"
    assert _fate(on_pull)[0] is Fate.OPEN


def test_a_commit_on_the_default_branch_that_takes_it_back_is_on_record(
    on_pull: OnPullRequest,
) -> None:
    github = on_pull.door.github
    sha = github.merge(REPOSITORY, on_pull.number, "write")
    _closed(on_pull, "write")
    message = f'Revert "Fix tax"\n\nThis reverts commit {sha}.'
    github.make_branch(REPOSITORY, "aside", "maria")
    github.commit(REPOSITORY, "aside", "maria", {"tax.py": "RATE = 0.19\n"}, message)
    pushes = [_event(on_pull, "push", "maria") for _ in ("the branch", "the commit")]
    assert pushes == ["not the default branch"] * 2
    github.commit(REPOSITORY, "main", "maria", {"tax.py": "RATE = 0.19\n"}, message)
    assert _event(on_pull, "push", "maria") == f"pull request #{on_pull.number} was reverted"
    assert _fate(on_pull) == (Fate.REVERTED, "maria")
    github.commit(REPOSITORY, "main", "maria", {"tax.py": "RATE = 0.2\n"}, "Again")
    assert _event(on_pull, "push", "maria") == "no commit undoes what the bot made"


def test_once_it_is_merged_nothing_offers_to_try_again(on_pull: OnPullRequest) -> None:
    door, tasks, origin = on_pull.door, on_pull.door.context.tasks, on_pull.origin
    cut_short = replace(_again(origin), semantic_key="comment:1")
    task_id = tasks.create(cut_short)[0].id
    lease = tasks.take(task_id, "a job", 60.0)
    assert lease is not None
    tasks.end(lease, TaskState.FAILED, reason="quiet", explanation="It fell silent.")
    task = replace(tasks.get(task_id), trigger_comment_id=None)
    around = Surroundings(0.0, "/agent", Limits(1, 1.0, 1))
    words = f"Before.\n\n{status_comment(task, around)}"
    number, bot = origin.issue_number, "patchbay-demo[bot]"
    door.github.comment(REPOSITORY, number, bot, words)
    tasks.set_status_comment(task_id, door.last_comment_of(number, bot))
    assert "do:retry" in door.bot_comments(number)[-1]
    door.github.merge(REPOSITORY, on_pull.number, "write")
    _closed(on_pull, "write")
    said = door.bot_comments(number)[-1]
    assert "do:retry" not in said
    assert said.startswith("Before.")
    assert "It fell silent." in said


def _again(task: Task) -> NewTask:
    fields = {name: getattr(task, name) for name in NewTask.__dataclass_fields__}
    return NewTask(**fields | {"branch": None, "pull_request_number": None})


def _live(on_pull: OnPullRequest) -> tuple[str, str]:
    """Return one task that a job has and one that waits in line."""
    tasks = on_pull.door.context.tasks
    made = []
    for number in (1, 2):
        new = NewTask(
            **{
                **{name: getattr(on_pull.origin, name) for name in NewTask.__dataclass_fields__},
                "semantic_key": f"comment:{number}",
                "branch": None,
                "pull_request_number": None,
            }
        )
        made.append(tasks.create(new)[0].id)
    assert tasks.take(made[0], "a job", 60.0)
    return made[0], made[1]


def _states(on_pull: OnPullRequest, *ids: str) -> list[tuple[TaskState, str | None]]:
    tasks = [on_pull.door.context.tasks.get(task_id) for task_id in ids]
    return [(task.state, task.stop_requested_by) for task in tasks]


def _event(on_pull: OnPullRequest, name: str, by: str) -> str:
    while True:
        event, body = on_pull.door.next(by)
        outcome = on_pull.door.answer(event, body)
        if event == name:
            return outcome.detail


def test_an_app_that_is_taken_off_ends_its_tasks(on_pull: OnPullRequest) -> None:
    running, waiting = _live(on_pull)
    on_pull.door.github.uninstall(on_pull.door.installation_id)
    assert _event(on_pull, "installation", "acme") == "deleted: 2 tasks stopped"
    assert _states(on_pull, running, waiting) == [
        (TaskState.RUNNING, "acme"),  # its job sees that, and ends
        (TaskState.STOPPED, "acme"),
    ]


def test_an_app_that_is_suspended_ends_its_tasks(on_pull: OnPullRequest) -> None:
    running, waiting = _live(on_pull)
    on_pull.door.github.suspend(on_pull.door.installation_id, suspended=True)
    assert _event(on_pull, "installation", "acme") == "suspend: 2 tasks stopped"
    assert _states(on_pull, running, waiting)[0] == (TaskState.RUNNING, "acme")


def test_a_repository_that_is_taken_off_ends_its_tasks(on_pull: OnPullRequest) -> None:
    running, _ = _live(on_pull)
    on_pull.door.github.uninstall(on_pull.door.installation_id, REPOSITORY)
    assert _event(on_pull, "installation_repositories", "acme") == "removed: 2 tasks stopped"
    assert _states(on_pull, running)[0] == (TaskState.RUNNING, "acme")


def test_a_repository_that_becomes_public_ends_its_tasks_in_words(on_pull: OnPullRequest) -> None:
    door = on_pull.door
    door.github.set_repository(REPOSITORY, private=True)
    running, waiting = _live(on_pull)
    door.github.set_repository(REPOSITORY, private=False)
    while "publicized" not in (said := _event(on_pull, "repository", "acme")):
        pass
    assert said == "publicized: 2 tasks stopped"
    assert {state for state, _ in _states(on_pull, running, waiting)} == {
        TaskState.RUNNING,
        TaskState.STOPPED,
    }
    words = door.bot_comments(on_pull.origin.issue_number)[-1]
    assert "has made this repository public" in words


@pytest.mark.parametrize("what", ["closed", "publicized"])
def test_words_that_fail_while_tasks_are_stopped_are_said_at_the_next_try(
    on_pull: OnPullRequest, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, number = on_pull.door, on_pull.origin.issue_number
    door.github.set_repository(REPOSITORY, private=True)
    if what == "closed":
        on_pull.ends("failure", "FAILED tests/test_tax.py::test_rounding")
        on_pull.outcome()
        number, said = on_pull.number, "closed this pull request"
        door.github.close_issue(REPOSITORY, number, "maria")
        event = "pull_request"
    else:
        _live(on_pull)
        door.github.set_repository(REPOSITORY, private=False)
        event, said = "repository", "has made this repository public"
    told = _told(on_pull, event, "maria" if what == "closed" else "acme", what)

    def away(*_: object, **__: object) -> int:
        raise RateLimited("403: limit", 0.0)

    with monkeypatch.context() as patch:
        patch.setattr(Conversation, "show_status" if what == "closed" else "say", away)
        with pytest.raises(RateLimited):
            door.answer(*told)
    assert not any(said in words for words in door.bot_comments(number))
    door.answer(*told)
    assert any(said in words for words in door.bot_comments(number))


def _told(on_pull: OnPullRequest, name: str, by: str, action: str) -> tuple[str, bytes]:
    while True:
        event, body = on_pull.door.next(by)
        if event == name and json.loads(body)["action"] == action:
            return event, body


def test_a_renamed_repository_goes_on_under_its_new_name(on_pull: OnPullRequest) -> None:
    running, waiting = _live(on_pull)
    on_pull.door.github.rename_repository(REPOSITORY, "store")
    assert _event(on_pull, "repository", "acme") == "renamed: acme/store"
    assert _states(on_pull, running, waiting) == [
        (TaskState.RUNNING, None),
        (TaskState.QUEUED, None),
    ]
    door = on_pull.door
    door.github.comment("acme/store", on_pull.origin.issue_number, "maria", "/agent status")
    assert door.next_outcome().state is DeliveryState.HANDLED


def test_a_limit_while_the_branch_is_removed_leaves_the_delivery_for_later(
    on_pull: OnPullRequest,
) -> None:
    github = on_pull.door.github
    github.merge(REPOSITORY, on_pull.number, "write")
    limit = {"status": 429, "headers": {"Retry-After": "7"}, "message": "too many"}
    github.fault("git/delete-ref", **limit)
    while True:
        event, body = on_pull.door.next("write")
        if event == "pull_request" and b'"action": "closed"' in body:
            break
    with pytest.raises(RateLimited):
        on_pull.door.answer(event, body)
    assert on_pull.door.answer(event, body).detail == "merged; 0 tasks on it stopped"
    assert BRANCH not in github.branches(REPOSITORY)
