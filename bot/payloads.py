"""Turns a delivery's JSON into events of our own types, or says why it is of no interest.

What the payloads hold: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable
from dataclasses import replace

from bot.check_events import AGAIN, CheckRunAsked, CheckSuiteCompleted
from bot.events import (
    BranchPushed,
    CommentEdited,
    Ignored,
    InstallationRemoved,
    IssueAssigned,
    IssueClosed,
    IssueCommented,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    IssueUnlabeled,
    PullRequestClosed,
    PullRequestPushed,
    RepositoryChanged,
    ReviewCommented,
    ReviewSubmitted,
    ReviewTextEdited,
    type_of_event,
)
from bot.payload_fields import Fields, Unfit, read_json
from bot.payload_subjects import in_repository, on_pull_request, on_thread, person


def parse(event: str, payload: bytes, delivery_id: str = "") -> type_of_event:
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
        found = reader(fields)
        return (
            replace(found, delivery_id=delivery_id) if isinstance(found, CheckRunAsked) else found
        )
    except Unfit as unfit:
        return Ignored(f"malformed: {unfit}")


def _commented(fields: Fields) -> IssueCommented:
    comment = fields.object("comment")
    return IssueCommented(
        **on_thread(fields),
        comment_id=comment.id("id"),
        body=comment.optional_text("body"),
    )


def _comment_edited(fields: Fields) -> CommentEdited | Ignored:
    before = _text_before(fields)
    if before is None:
        return Ignored("the text of the comment is as it was")
    comment = fields.object("comment")
    return CommentEdited(
        **on_thread(fields),
        comment_id=comment.id("id"),
        author=person(comment.object("user")),
        before=before,
        body=comment.optional_text("body"),
        edited_at=comment.optional_text("updated_at"),
    )


def _edited(fields: Fields) -> IssueEdited | Ignored:
    before = _text_before(fields)
    if before is None:
        return Ignored("the text is as it was")
    return IssueEdited(**on_thread(fields), before=before)


def _text_before(fields: Fields) -> str | None:
    """Return the text before an edit, or nothing if the edit was of something else."""
    changes = fields.object("changes")
    return None if changes.missing("body") else changes.object("body").optional_text("from")


def _labeled(fields: Fields) -> IssueLabeled | Ignored:
    if fields.missing("label"):
        # GitHub leaves the label out when it was deleted in the meantime.
        return Ignored("the label is gone")
    return IssueLabeled(**on_thread(fields), label=fields.object("label").text("name"))


def _unlabeled(fields: Fields) -> IssueUnlabeled | Ignored:
    if fields.missing("label"):
        return Ignored("the label is gone")
    return IssueUnlabeled(**on_thread(fields), label=fields.object("label").text("name"))


def _assigned(fields: Fields) -> IssueAssigned | Ignored:
    if fields.missing("assignee"):
        return Ignored("the assignee is gone")
    return IssueAssigned(**on_thread(fields), assignee=person(fields.object("assignee")))


def _opened(fields: Fields) -> IssueOpened:
    return IssueOpened(**on_thread(fields))


def _closed(fields: Fields) -> IssueClosed:
    return IssueClosed(**on_thread(fields))


def _reviewed(fields: Fields) -> ReviewSubmitted:
    review = fields.object("review")
    return ReviewSubmitted(
        **on_pull_request(fields),
        review_id=review.id("id"),
        node_id=review.optional_text("node_id"),
        state=review.text("state").lower(),
        body=review.optional_text("body"),
    )


def _review_commented(fields: Fields) -> ReviewCommented:
    comment = fields.object("comment")
    return ReviewCommented(
        **on_pull_request(fields),
        comment_id=comment.id("id"),
        body=comment.optional_text("body"),
        review_id=comment.optional_id("pull_request_review_id"),
        reply_to=comment.optional_id("in_reply_to_id"),
        path=comment.optional_text("path"),
    )


def _review_edited(fields: Fields) -> ReviewTextEdited | Ignored:
    return _text_edited(fields, fields.object("review"), "review")


def _review_comment_edited(fields: Fields) -> ReviewTextEdited | Ignored:
    return _text_edited(fields, fields.object("comment"), "review comment")


def _text_edited(fields: Fields, said: Fields, kind: str) -> ReviewTextEdited | Ignored:
    before = _text_before(fields)
    if before is None:
        return Ignored("the text is as it was")
    return ReviewTextEdited(
        **on_pull_request(fields),
        about=f"{kind}:{said.id('id')}",
        before=before,
        body=said.optional_text("body"),
    )


def _pull_request_closed(fields: Fields) -> PullRequestClosed:
    return PullRequestClosed(**on_pull_request(fields))


def _pushed(fields: Fields) -> PullRequestPushed:
    return PullRequestPushed(**on_pull_request(fields), before=fields.optional_text("before"))


def _suite_completed(fields: Fields) -> CheckSuiteCompleted:
    suite = fields.object("check_suite")
    return CheckSuiteCompleted(
        **in_repository(fields),
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
    # GitHub's own "Re-run" stands beside every check, and names no button.
    again = fields.optional_text("action") == "rerequested"
    return CheckRunAsked(
        **in_repository(fields),
        run_id=run.id("id"),
        button=AGAIN if again else fields.object("requested_action").text("identifier"),
        delivery_id="",
        external_id=run.optional_text("external_id"),
        head_sha=run.text("head_sha"),
        pull_requests=tuple(pull.id("number") for pull in run.objects("pull_requests")),
    )


def _branch_pushed(fields: Fields) -> BranchPushed | Ignored:
    ref = fields.text("ref")
    if not ref.startswith("refs/heads/"):
        return Ignored("no branch was pushed")
    return BranchPushed(
        **in_repository(fields),
        branch=ref.removeprefix("refs/heads/"),
        head_sha=fields.text("after"),
        messages=tuple(one.optional_text("message") for one in fields.objects("commits")),
    )


def _repository_changed(fields: Fields) -> RepositoryChanged:
    return RepositoryChanged(**in_repository(fields), action=fields.text("action"))


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
        sender=person(fields.object("sender")),
    )


_CHANGES = ("renamed", "transferred", "publicized", "privatized", "archived", "deleted")
"""What may happen to a repository that matters to a task in it."""
_READERS: dict[tuple[str, str], Callable[[Fields], type_of_event]] = {
    ("issue_comment", "created"): _commented,
    ("issue_comment", "edited"): _comment_edited,
    ("issues", "labeled"): _labeled,
    ("issues", "unlabeled"): _unlabeled,
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
    ("pull_request_review", "edited"): _review_edited,
    ("pull_request_review_comment", "created"): _review_commented,
    ("pull_request_review_comment", "edited"): _review_comment_edited,
    ("check_suite", "completed"): _suite_completed,
    ("check_run", "requested_action"): _run_asked,
    ("check_run", "rerequested"): _run_asked,
    ("installation", "deleted"): _installation_removed,
    ("installation", "suspend"): _installation_removed,
    ("installation_repositories", "removed"): _repositories_removed,
    **{("repository", action): _repository_changed for action in _CHANGES},
}


def _short(text: str) -> str:
    return repr(text[:60])
