"""Turns a delivery's JSON into events of our own types, or says why it is of no interest.

What the payloads hold: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable
from typing import Any

from bot.events import (
    BranchPushed,
    CheckRunAsked,
    CheckSuiteCompleted,
    CommentEdited,
    Ignored,
    InstallationRemoved,
    IssueAssigned,
    IssueClosed,
    IssueCommented,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    PullRequestClosed,
    PullRequestPushed,
    RepositoryChanged,
    ReviewCommented,
    ReviewSubmitted,
    type_of_event,
)
from bot.payload_fields import Fields, Unfit, read_json
from bot.subjects import Issue, Person, Pull, Repository

_LONGEST_LOGIN = 100


def parse(event: str, payload: bytes) -> type_of_event:
    """Read a delivery; whatever the bytes are, the answer is an event or the reason for none."""
    try:
        fields = Fields(read_json(payload), "payload")
        action = fields.optional_text("action")
        reader = _READERS.get((event, action))
        if reader is None:
            return Ignored(
                f"event {_short(event)}" + (f", action {_short(action)}" if action else "")
            )
        if fields.missing("installation"):
            # A webhook of the repository's own tells the same without it; the App's is answered.
            return Ignored("not sent to the App")
        return reader(fields)
    except Unfit as unfit:
        return Ignored(f"malformed: {unfit}")


def _commented(fields: Fields) -> IssueCommented:
    comment = fields.object("comment")
    return IssueCommented(
        **_on_thread(fields),
        comment_id=comment.id("id"),
        body=comment.optional_text("body"),
    )


def _comment_edited(fields: Fields) -> CommentEdited | Ignored:
    before = _text_before(fields)
    if before is None:
        return Ignored("the text of the comment is as it was")
    comment = fields.object("comment")
    return CommentEdited(
        **_on_thread(fields),
        comment_id=comment.id("id"),
        author=_person(comment.object("user")),
        before=before,
        body=comment.optional_text("body"),
        edited_at=comment.optional_text("updated_at"),
    )


def _edited(fields: Fields) -> IssueEdited | Ignored:
    before = _text_before(fields)
    if before is None:
        return Ignored("the text is as it was")
    return IssueEdited(**_on_thread(fields), before=before)


def _text_before(fields: Fields) -> str | None:
    """Return the text before an edit, or nothing if the edit was of something else."""
    changes = fields.object("changes")
    return None if changes.missing("body") else changes.object("body").optional_text("from")


def _labeled(fields: Fields) -> IssueLabeled | Ignored:
    if fields.missing("label"):
        # GitHub leaves the label out when it was deleted in the meantime.
        return Ignored("the label is gone")
    return IssueLabeled(**_on_thread(fields), label=fields.object("label").text("name"))


def _assigned(fields: Fields) -> IssueAssigned | Ignored:
    if fields.missing("assignee"):
        return Ignored("the assignee is gone")
    return IssueAssigned(**_on_thread(fields), assignee=_person(fields.object("assignee")))


def _opened(fields: Fields) -> IssueOpened:
    return IssueOpened(**_on_thread(fields))


def _closed(fields: Fields) -> IssueClosed:
    return IssueClosed(**_on_thread(fields))


def _reviewed(fields: Fields) -> ReviewSubmitted:
    review = fields.object("review")
    return ReviewSubmitted(
        **_on_pull_request(fields),
        review_id=review.id("id"),
        node_id=review.optional_text("node_id"),
        state=review.text("state").lower(),
        body=review.optional_text("body"),
    )


def _review_commented(fields: Fields) -> ReviewCommented:
    comment = fields.object("comment")
    return ReviewCommented(
        **_on_pull_request(fields),
        comment_id=comment.id("id"),
        body=comment.optional_text("body"),
        review_id=comment.optional_id("pull_request_review_id"),
        reply_to=comment.optional_id("in_reply_to_id"),
        path=comment.optional_text("path"),
    )


def _pull_request_closed(fields: Fields) -> PullRequestClosed:
    return PullRequestClosed(**_on_pull_request(fields))


def _pushed(fields: Fields) -> PullRequestPushed:
    return PullRequestPushed(**_on_pull_request(fields), before=fields.optional_text("before"))


def _suite_completed(fields: Fields) -> CheckSuiteCompleted:
    suite = fields.object("check_suite")
    return CheckSuiteCompleted(
        **_in_repository(fields),
        suite_id=suite.id("id"),
        app=suite.object("app").optional_text("slug"),
        head_sha=suite.text("head_sha"),
        head_branch=suite.optional_text("head_branch"),
        conclusion=suite.optional_text("conclusion"),
        pull_requests=tuple(pull.id("number") for pull in suite.objects("pull_requests")),
        updated_at=suite.optional_text("updated_at"),
    )


def _run_asked(fields: Fields) -> CheckRunAsked:
    run = fields.object("check_run")
    return CheckRunAsked(
        **_in_repository(fields),
        run_id=run.id("id"),
        button=fields.object("requested_action").text("identifier"),
        external_id=run.optional_text("external_id"),
        head_sha=run.text("head_sha"),
        pull_requests=tuple(pull.id("number") for pull in run.objects("pull_requests")),
    )


def _branch_pushed(fields: Fields) -> BranchPushed | Ignored:
    ref = fields.text("ref")
    if not ref.startswith("refs/heads/"):
        return Ignored("no branch was pushed")
    return BranchPushed(
        **_in_repository(fields),
        branch=ref.removeprefix("refs/heads/"),
        head_sha=fields.text("after"),
        messages=tuple(one.optional_text("message") for one in fields.objects("commits")),
    )


def _repository_changed(fields: Fields) -> RepositoryChanged:
    return RepositoryChanged(**_in_repository(fields), action=fields.text("action"))


def _repositories_removed(fields: Fields) -> InstallationRemoved | Ignored:
    if not fields.objects("repositories_removed"):
        # Without one here it would count as all of the installation's.
        return Ignored("no repository was removed")
    return _installation_removed(fields)


def _installation_removed(fields: Fields) -> InstallationRemoved:
    lost = fields.objects("repositories_removed")
    return InstallationRemoved(
        installation_id=fields.object("installation").id("id"),
        action=fields.text("action"),
        repository_ids=tuple(repository.id("id") for repository in lost),
        sender=_person(fields.object("sender")),
    )


def _in_repository(fields: Fields) -> dict[str, Any]:
    return {
        "installation_id": fields.object("installation").id("id"),
        "repository": _repository(fields.object("repository")),
        "sender": _person(fields.object("sender")),
    }


def _on_thread(fields: Fields) -> dict[str, Any]:
    if fields.missing("issue") and not fields.missing("pull_request"):
        thread = fields.object("pull_request")
        return {**_in_repository(fields), "issue": _issue(thread, is_pull_request=True)}
    thread = fields.object("issue")
    is_pull_request = not thread.missing("pull_request")
    return {**_in_repository(fields), "issue": _issue(thread, is_pull_request=is_pull_request)}


def _on_pull_request(fields: Fields) -> dict[str, Any]:
    pull = fields.object("pull_request")
    return {
        **_in_repository(fields),
        "issue": _issue(pull, is_pull_request=True),
        "pull": _pull(pull),
    }


def _person(fields: Fields) -> Person:
    login = fields.text("login")
    if len(login) > _LONGEST_LOGIN:
        raise Unfit("payload.sender.login is over 100 characters")
    is_person = fields.optional_text("type") == "User" and not login.endswith("[bot]")
    return Person(fields.id("id"), login, is_bot=not is_person)


def _repository(fields: Fields) -> Repository:
    return Repository(
        id=fields.id("id"),
        full_name=fields.text("full_name"),
        private=fields.flag("private"),
        archived=fields.flag("archived"),
        default_branch=fields.optional_text("default_branch"),
    )


def _issue(fields: Fields, *, is_pull_request: bool) -> Issue:
    author = None if fields.missing("user") else fields.object("user")
    return Issue(
        id=fields.id("id"),
        number=fields.id("number"),
        title=fields.text("title"),
        body=fields.optional_text("body"),
        author=author.text("login") if author else "",
        author_id=author.id("id") if author else 0,
        url=fields.text("html_url"),
        labels=tuple(label.text("name") for label in fields.objects("labels")),
        is_open=fields.text("state") == "open",
        locked=fields.flag("locked"),
        is_pull_request=is_pull_request,
        updated_at=fields.text("updated_at"),
    )


def _pull(fields: Fields) -> Pull:
    head, base = fields.object("head"), fields.object("base")
    return Pull(
        head_sha=head.text("sha"),
        head_branch=head.text("ref"),
        head_repository_id=0 if head.missing("repo") else head.object("repo").id("id"),
        base_branch=base.text("ref"),
        merged=fields.flag("merged") or not fields.missing("merged_at"),
        merge_sha=fields.optional_text("merge_commit_sha"),
        author_id=0 if fields.missing("user") else fields.object("user").id("id"),
    )


_CHANGES = ("renamed", "transferred", "publicized", "privatized", "archived", "deleted")
"""What may happen to a repository that matters to a task in it."""
_READERS: dict[tuple[str, str], Callable[[Fields], type_of_event]] = {
    ("issue_comment", "created"): _commented,
    ("issue_comment", "edited"): _comment_edited,
    ("issues", "labeled"): _labeled,
    ("issues", "assigned"): _assigned,
    ("issues", "opened"): _opened,
    ("issues", "edited"): _edited,
    ("issues", "closed"): _closed,
    ("pull_request", "labeled"): _labeled,
    ("pull_request", "assigned"): _assigned,
    ("pull_request", "opened"): _opened,
    ("pull_request", "edited"): _edited,
    ("pull_request", "closed"): _pull_request_closed,
    ("pull_request", "synchronize"): _pushed,
    ("push", ""): _branch_pushed,
    ("pull_request_review", "submitted"): _reviewed,
    ("pull_request_review_comment", "created"): _review_commented,
    ("check_suite", "completed"): _suite_completed,
    ("check_run", "requested_action"): _run_asked,
    ("installation", "deleted"): _installation_removed,
    ("installation", "suspend"): _installation_removed,
    ("installation_repositories", "removed"): _repositories_removed,
    **{("repository", action): _repository_changed for action in _CHANGES},
}


def _short(text: str) -> str:
    return repr(text[:60])
