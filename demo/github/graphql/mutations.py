"""Every mutation by its name."""

from collections.abc import Callable
from typing import Any

from demo.github.errors import GitHubError
from demo.github.graphql import (
    comment_mutations,
    issue_mutations,
    pull_mutations,
    thread_mutations,
)
from demo.github.graphql.asking import Asking, View, refusal
from demo.github.graphql.commit_on_branch import create_commit_on_branch

Mutation = Callable[[Asking, dict[str, Any]], View]

MUTATIONS: dict[str, Mutation] = {
    "addComment": comment_mutations.add_comment,
    "addLabelsToLabelable": issue_mutations.add_labels,
    "addPullRequestReview": pull_mutations.add_review,
    "addPullRequestReviewThreadReply": thread_mutations.reply,
    "addReaction": comment_mutations.add_reaction,
    "closeIssue": issue_mutations.close_issue,
    "closePullRequest": pull_mutations.close_pull,
    "convertPullRequestToDraft": pull_mutations.convert_to_draft,
    "createCommitOnBranch": create_commit_on_branch,
    "createIssue": issue_mutations.create_issue,
    "createPullRequest": pull_mutations.create_pull,
    "markPullRequestReadyForReview": pull_mutations.mark_ready,
    "mergePullRequest": pull_mutations.merge_pull,
    "minimizeComment": comment_mutations.minimize,
    "removeLabelsFromLabelable": issue_mutations.remove_labels,
    "removeReaction": comment_mutations.remove_reaction,
    "reopenIssue": issue_mutations.reopen_issue,
    "resolveReviewThread": thread_mutations.resolve,
    "revertPullRequest": pull_mutations.revert_pull,
    "unminimizeComment": comment_mutations.unminimize,
    "unresolveReviewThread": thread_mutations.unresolve,
    "updateIssue": issue_mutations.update_issue,
    "updateIssueComment": comment_mutations.update_comment,
}


def run(asking: Asking, name: str, asked: dict[str, Any]) -> View:
    """Do what a mutation says."""
    try:
        done = MUTATIONS[name](asking, asked)
    except GitHubError as error:
        raise refusal(error) from None
    return done | {"clientMutationId": asked.get("clientMutationId")}
