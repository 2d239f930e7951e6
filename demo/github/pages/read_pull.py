"""Reads pull requests from the state for the pages: commits, files, checks, reviews."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from demo.github import records
from demo.github.check_records import CheckRun
from demo.github.git_store import GitStore
from demo.github.pages.diff import around, parse_patch
from demo.github.pages.pull_views import Check, FileDiff, Pull
from demo.github.pages.read_commit import changed_files, commit_view, parents
from demo.github.pages.read_repository import Writing, person
from demo.github.pages.views import Review, Thread
from demo.github.state import State


def pull_view(state: State, repository: records.Repository, pull: records.Pull) -> Pull:
    """Read a pull request besides its conversation."""
    store = repository.git
    base = _start(store, pull)
    shas = store.commits("--reverse", "--topo-order", f"{base}..{pull.head_sha}")
    writing = Writing(state, repository)
    threads = _threads(writing, pull.review_comments)
    return Pull(
        draft=pull.draft,
        merged=pull.merged_at is not None,
        merged_by=pull.merged_by.login if pull.merged_by else "",
        mergeable=_mergeable(store, pull),
        base=pull.base_ref,
        head=pull.head_ref,
        head_sha=pull.head_sha,
        commits=tuple(commit_view(state, store, sha) for sha in shas),
        files=_with_threads(changed_files(store, base, pull.head_sha), threads),
        checks=checks(state, repository, pull.head_sha),
        reviewers=tuple(person(each) for each in pull.requested_reviewers),
    )


def _start(store: GitStore, pull: records.Pull) -> str:
    """Where the branch parts from its base, as it was before a merge."""
    base = parents(store, pull.merge_sha)[0] if pull.merge_sha else pull.base_sha
    return store.merge_base(base, pull.head_sha) or base


def _mergeable(store: GitStore, pull: records.Pull) -> bool:
    base = store.ref(f"refs/heads/{pull.base_ref}")
    return base is not None and store.merged_tree(base, pull.head_sha) is not None


def _with_threads(
    files: Sequence[FileDiff], threads: Sequence[tuple[int | None, Thread]]
) -> tuple[FileDiff, ...]:
    on_file = {file.path: tuple(t for _, t in threads if t.path == file.path) for file in files}
    return tuple(replace(file, threads=on_file[file.path]) for file in files)


def reviews(state: State, repository: records.Repository, pull: records.Pull) -> tuple[Review, ...]:
    """Read the submitted reviews, each with the threads that it opened."""
    writing = Writing(state, repository)
    threads = _threads(writing, pull.review_comments)
    shown = [
        Review(
            anchor=f"pullrequestreview-{each.id}",
            author=writing.person(each.user),
            at=each.submitted_at,
            state=each.state,
            html=writing.html(each.body),
            threads=tuple(thread for opener, thread in threads if opener == each.id),
        )
        for each in pull.reviews
        if each.submitted_at is not None and each.state != "PENDING"
    ]
    # A reply makes a review of its own on GitHub too; it is shown in its thread, not twice.
    return tuple(each for each in shown if each.html or each.threads or each.state != "COMMENTED")


def _threads(
    writing: Writing, comments: Sequence[records.ReviewComment]
) -> list[tuple[int | None, Thread]]:
    roots = [each for each in comments if each.in_reply_to is None]
    return [(root.review_id, _thread(writing, root, comments)) for root in roots]


def _thread(
    writing: Writing, root: records.ReviewComment, comments: Sequence[records.ReviewComment]
) -> Thread:
    said = [root, *(each for each in comments if each.in_reply_to == root.id)]
    lines = parse_patch(root.diff_hunk)
    return Thread(
        path=root.path,
        line=root.line,
        side=root.side,
        lines=around(lines, root.side, root.line) or lines[-4:],
        comments=tuple(writing.comment(f"discussion_r{each.id}", each) for each in said),
        reply_to=root.id,
        resolved_by=root.resolved_by.login.removesuffix("[bot]") if root.resolved_by else "",
    )


def checks(state: State, repository: records.Repository, sha: str) -> tuple[Check, ...]:
    """Read the check runs on a commit."""
    writing = Writing(state, repository)
    return tuple(
        Check(
            name=run.name,
            status=run.status,
            conclusion=run.conclusion or "",
            title=run.title or "",
            html=writing.html("\n\n".join(part for part in (run.summary, run.text) if part)),
            url=run.details_url,
            app=run.app.name,
            id=run.id,
            actions=tuple((e["label"], e["description"], e["identifier"]) for e in run.actions),
        )
        for run in _newest(run for run in repository.check_runs if run.head_sha == sha)
    )


def _newest(runs: Iterable[CheckRun]) -> list[CheckRun]:
    """Of several runs of a name in one suite, only the last counts."""
    return list({(each.suite_id, each.name): each for each in runs}.values())
