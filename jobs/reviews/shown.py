"""Shows the agent a pull request: what it says of itself, and what it changes, as others' words."""

from collections.abc import Sequence

from bot.github_reviews import OpenedPullRequest
from bot.github_threads import ChangedFile
from jobs.agent.prompt import attribute, capped
from jobs.agent.untrusted import quoted

DIFF_FILE = "/tmp/pull_request.diff"  # noqa: S108 - in the sandbox, which is thrown away
_DIFF_BYTES = 64 * 1024
_FILE_BYTES = 16 * 1024
_NAMED = 100


def whole_diff(files: Sequence[ChangedFile]) -> str:
    """Return the change as one unified diff, as far as GitHub shows it."""
    return "\n".join(_diff(file) for file in files) + "\n"


def pull_request_block(pull: OpenedPullRequest, files: Sequence[ChangedFile]) -> str:
    """Return the change in a block that it cannot end; what does not fit is only named."""
    room = _DIFF_BYTES
    shown: list[str] = []
    left: list[str] = []
    for file in files:
        text = capped(quoted(_diff(file)).text, _FILE_BYTES)
        size = len(text.encode())
        if size <= room:
            shown.append(text)
            room -= size
        else:
            left.append(f"{attribute(file.path)} (+{file.additions} -{file.deletions})")
    more = f"Not shown here, see {DIFF_FILE}: {', '.join(left[:_NAMED])}" if left else ""
    head = (
        f'<github kind="pull_request" ref="{pull.number}" trust="untrusted">\n'
        f"merges {attribute(pull.head)} into {attribute(pull.base)}, {len(files)} files"
    )
    return "\n\n".join(part for part in (head, *shown, more, "</github>") if part)


def _diff(file: ChangedFile) -> str:
    patch = file.patch or "(no diff is shown of this file)"
    return f"--- {file.status}: {file.path} (+{file.additions} -{file.deletions})\n{patch}"
