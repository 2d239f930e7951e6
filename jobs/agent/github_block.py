"""Writes what people said on GitHub so that it can be shown to the model: as data, in a block."""

from collections.abc import Sequence

from bot.github_threads import ChangedFile, CommitWords, Thread
from jobs.agent.limits import GITHUB_BODY_BYTES, GITHUB_BYTES
from jobs.agent.prompt import attribute, capped, comment_block
from jobs.agent.task import IssueComment
from jobs.agent.untrusted import as_seen, quoted

_PATCH_BYTES = 4 * 1024


def thread_block(thread: Thread) -> str:
    """Return an issue or a pull request with what was said to it."""
    kind = "pull_request" if thread.is_pull_request else "issue"
    opening = thread.opening
    said = attribute(opening.association)
    parts = [
        f"# {' '.join(quoted(thread.title).text.split())}",
        f"{attribute(thread.state)}, opened by {attribute(opening.author)} ({said})",
        capped(as_seen(opening.text).strip(), GITHUB_BODY_BYTES),
        *(
            comment_block(
                IssueComment(one.author, one.text, one.association), as_seen(one.text).strip()
            )
            for one in thread.comments
        ),
    ]
    return _block(kind, str(thread.number), [*parts, *_files(thread.files)])


def commit_block(commit: CommitWords) -> str:
    """Return a commit with what it changed."""
    parts = [
        f"by {attribute(commit.author)}",
        capped(quoted(commit.message).text.strip(), GITHUB_BODY_BYTES),
    ]
    return _block("commit", commit.sha, [*parts, *_files(commit.files)])


def _files(files: Sequence[ChangedFile]) -> list[str]:
    return [
        f"{attribute(one.status)} {attribute(one.path)} (+{one.additions} -{one.deletions})\n"
        f"{capped(quoted(one.patch).text, _PATCH_BYTES)}".rstrip()
        for one in files
    ]


def _block(kind: str, ref: str, parts: Sequence[str]) -> str:
    text = capped("\n\n".join(part for part in parts if part), GITHUB_BYTES)
    head = f'<github kind="{kind}" ref="{attribute(ref)}" trust="untrusted">'
    return f"{head}\n{text}\n</github>"
