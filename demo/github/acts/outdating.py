"""Moves comments on a diff along when the branch moves, as far as their lines stay."""

import re

from demo.github.records import Pull, Repository, ReviewComment

HUNK = re.compile(
    r"^@@ -(?P<old>\d+)(?:,(?P<old_count>\d+))? \+\d+(?:,(?P<new_count>\d+))? @@", re.MULTILINE
)


def follow_comments(repository: Repository, pull: Pull, before: str, after: str) -> None:
    """Give each comment its line in the new head; a line that changed leaves it outdated."""
    git = repository.git
    for comment in pull.review_comments:
        if comment.line is None or comment.side != "RIGHT":
            continue
        patch = git.run("diff", "-U0", "--no-color", before, after, "--", comment.path)
        _move(comment, patch.decode(errors="replace"), after)


def _move(comment: ReviewComment, patch: str, after: str) -> None:
    start = comment.start_line
    line = new_line(patch, comment.line or 0)
    first = None if start is None else new_line(patch, start)
    if line is None or (start is not None and first is None):
        comment.line = comment.start_line = None
    else:
        comment.line, comment.start_line, comment.commit_sha = line, first, after


def new_line(patch: str, line: int) -> int | None:
    """Say where a line of the old side stands on the new one; None when it changed.

    The patch is of one file and without context.
    """
    moved = 0
    for hunk in HUNK.finditer(patch):
        first, count = int(hunk["old"]), int(hunk["old_count"] or 1)
        if count and first <= line < first + count:
            return None
        # A hunk that only adds stands after the line that it names.
        if line >= first + max(count, 1):
            moved += int(hunk["new_count"] or 1) - count
    return line + moved
