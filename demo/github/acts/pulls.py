"""Pull requests: opening, changing, merging."""

import re
from dataclasses import dataclass

from demo.github.acts.issues import (
    announce_issue,
    check_text,
    check_title,
    close_issue,
    note,
    take_number,
)
from demo.github.acts.pushes import RefMove, publish_head, pushed, take_from_fork
from demo.github.errors import GitHubError, Invalid
from demo.github.git_commit import NewCommit, Person, read_commit, write_commit
from demo.github.present.people import user_json
from demo.github.records import Actor, Issue, Pull, Repository, User
from demo.github.state import State

CLOSING = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(?P<number>\d+)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class NewPull:
    """What a pull request is to be."""

    title: object
    head: str
    base: str
    body: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = False


def open_pull(state: State, repository: Repository, actor: Actor, new: NewPull) -> Issue:
    """Open a pull request from a branch to another, which may be in the fork's parent."""
    title = check_title(new.title)
    check_text("PullRequest", new.body)
    fork, head_ref = _head(state, repository, new.head)
    head_sha = _branch(state, fork or repository, head_ref, "head")
    base_sha = _branch(state, repository, new.base, "base")
    if fork is not None:
        take_from_fork(repository, fork, head_ref)
    _refuse_second(repository, fork, head_ref, new.base)
    if new.draft and not repository.has_drafts:
        raise GitHubError(422, "Draft pull requests are not supported in this repository.")
    if repository.git.is_ancestor(head_sha, base_sha):
        raise _invalid(f"No commits between {new.base} and {head_ref}")
    now = state.now()
    issue = Issue(state.next_id(), take_number(repository), actor.user, title, new.body, now, now)
    issue.app = actor.app
    issue.pull = Pull(
        id=state.next_id(),
        head_ref=head_ref,
        head_sha=head_sha,
        base_ref=new.base,
        base_sha=base_sha,
        draft=new.draft,
        maintainer_can_modify=new.maintainer_can_modify,
        fork=fork,
    )
    repository.issues[issue.number] = issue
    publish_head(repository, issue.number, head_sha)
    announce_issue(state, repository, issue, actor, {"action": "opened"})
    return issue


def _invalid(message: str) -> GitHubError:
    detail = {"resource": "PullRequest", "code": "custom", "message": message}
    return GitHubError(422, "Validation Failed", [detail])


def _head(state: State, repository: Repository, head: str) -> tuple[Repository | None, str]:
    """Find the fork that a head names, if it names one, and the branch."""
    owner, colon, ref = head.rpartition(":")
    if not colon or owner.lower() == repository.owner.login.lower():
        return None, ref
    for each in state.repositories:
        if each.parent is repository and each.owner.login.lower() == owner.lower():
            return each, ref
    raise Invalid("PullRequest", "head", "invalid")


def _branch(state: State, repository: Repository, ref: str, field: str) -> str:
    sha = state.seen_ref(repository, f"refs/heads/{ref}")
    if sha is None:
        raise Invalid("PullRequest", field, "invalid")
    return sha


def _refuse_second(
    repository: Repository, fork: Repository | None, head_ref: str, base_ref: str
) -> None:
    for issue in repository.issues.values():
        pull = issue.pull
        if pull is None or issue.state != "open" or pull.fork is not fork:
            continue
        if (pull.head_ref, pull.base_ref) == (head_ref, base_ref):
            owner = (fork or repository).owner.login
            raise _invalid(f"A pull request already exists for {owner}:{head_ref}.")


def set_draft(
    state: State, repository: Repository, issue: Issue, actor: Actor, *, draft: bool
) -> None:
    """Make a pull request a draft, or ready for review."""
    if issue.pull is None or issue.pull.draft == draft:
        return
    issue.pull.draft = draft
    note(state, issue, "convert_to_draft" if draft else "ready_for_review", actor)
    action = "converted_to_draft" if draft else "ready_for_review"
    announce_issue(state, repository, issue, actor, {"action": action})


def set_base(
    state: State, repository: Repository, issue: Issue, actor: Actor, base_ref: str
) -> None:
    """Let a pull request go to another branch."""
    if issue.pull is None or issue.pull.base_ref == base_ref:
        return
    before = {"ref": {"from": issue.pull.base_ref}, "sha": {"from": issue.pull.base_sha}}
    issue.pull.base_sha = _branch(state, repository, base_ref, "base")
    issue.pull.base_ref = base_ref
    details = {"action": "edited", "changes": {"base": before}}
    announce_issue(state, repository, issue, actor, details)


def request_reviewers(
    state: State, repository: Repository, issue: Issue, actor: Actor, users: list[User]
) -> None:
    """Ask people for a review."""
    if issue.pull is None:
        return
    for user in users:
        if user not in issue.pull.requested_reviewers:
            issue.pull.requested_reviewers.append(user)
            note(state, issue, "review_requested", actor)
            details = {"action": "review_requested", "requested_reviewer": user_json(state, user)}
            announce_issue(state, repository, issue, actor, details)


def remove_reviewers(
    state: State, repository: Repository, issue: Issue, actor: Actor, users: list[User]
) -> None:
    """Ask people for a review no more."""
    for user in users:
        if issue.pull is not None and user in issue.pull.requested_reviewers:
            issue.pull.requested_reviewers.remove(user)
            note(state, issue, "review_request_removed", actor)
            shown = user_json(state, user)
            details = {"action": "review_request_removed", "requested_reviewer": shown}
            announce_issue(state, repository, issue, actor, details)


@dataclass(frozen=True)
class Merge:
    """How to merge."""

    method: str = "merge"
    title: str | None = None
    message: str | None = None
    expected_head: str | None = None


def merge_pull(state: State, repository: Repository, issue: Issue, actor: Actor, how: Merge) -> str:
    """Merge a pull request and close the issues that its body says it closes."""
    pull = issue.pull
    if pull is None or issue.state == "closed" or pull.draft:
        raise GitHubError(405, "Pull Request is not mergeable")
    if how.expected_head is not None and how.expected_head != pull.head_sha:
        raise GitHubError(409, "Head branch was modified. Review and try the merge again.")
    tree = repository.git.merged_tree(pull.base_sha, pull.head_sha)
    if tree is None:
        raise GitHubError(405, "Pull Request is not mergeable")
    sha = _merge_commit(state, repository, issue, actor, how, tree)
    before, ref = pull.base_sha, f"refs/heads/{pull.base_ref}"
    repository.git.update_ref(ref, sha, before)
    pull.merged_at, pull.merged_by, pull.merge_sha = state.now(), actor.user, sha
    note(state, issue, "merged", actor, commit_sha=sha)
    close_issue(state, repository, issue, actor)
    if pull.base_ref == repository.default_branch:
        close_mentioned(state, repository, actor, issue.body or "", sha)
    pushed(state, repository, actor, RefMove(ref, before, sha))
    return sha


def _merge_commit(
    state: State, repository: Repository, issue: Issue, actor: Actor, how: Merge, tree: str
) -> str:
    pull = issue.pull
    assert pull is not None  # noqa: S101 - the caller has looked
    now, user = state.now(), actor.user
    parents: tuple[str, ...]
    if how.method == "merge":
        title = how.title or (
            f"Merge pull request #{issue.number} from {repository.owner.login}/{pull.head_ref}"
        )
        text, parents = how.message or issue.title, (pull.base_sha, pull.head_sha)
    else:
        title, parents = how.title or f"{issue.title} (#{issue.number})", (pull.base_sha,)
        text = how.message or ""
    new = NewCommit(
        tree=tree,
        parents=parents,
        author=Person(user.name or user.login, user.email, now),
        committer=Person("GitHub", "noreply@github.com", now),
        message=f"{title}\n\n{text}".rstrip("\n"),
    )
    return write_commit(repository.git, new, state.signing_key)


def revert_pull(state: State, repository: Repository, issue: Issue, actor: Actor) -> Issue:
    """Open a pull request that takes a merged one back."""
    pull, git = issue.pull, repository.git
    if pull is None or pull.merge_sha is None:
        raise _invalid("Pull request is not merged")
    title = f'Revert "{issue.title}"'
    text = f"Reverts {repository.full_name}#{issue.number}"
    head = git.ref(f"refs/heads/{pull.base_ref}") or pull.merge_sha
    before = read_commit(git, read_commit(git, pull.merge_sha).parents[0])
    author = Person(actor.user.name or actor.user.login, actor.user.email, state.now())
    undone = NewCommit(before.tree, (pull.merge_sha,), author, author, title)
    tree = git.merged_tree(head, write_commit(git, undone))
    if tree is None:
        raise _invalid("Pull request cannot be reverted automatically")
    committer = Person("GitHub", "noreply@github.com", state.now())
    new = NewCommit(tree, (head,), author, committer, f"{title}\n\n{text}")
    sha, ref = write_commit(git, new, state.signing_key), f"revert-{issue.number}-{pull.head_ref}"
    git.update_ref(f"refs/heads/{ref}", sha)
    pushed(state, repository, actor, RefMove(f"refs/heads/{ref}", None, sha))
    return open_pull(state, repository, actor, NewPull(title, ref, pull.base_ref, text))


def close_mentioned(
    state: State, repository: Repository, actor: Actor, text: str, sha: str
) -> None:
    """Close the issues that a merged text says it closes."""
    for found in CLOSING.finditer(text):
        issue = repository.issues.get(int(found["number"]))
        if issue is not None and issue.pull is None:
            close_issue(state, repository, issue, actor, commit_sha=sha)
