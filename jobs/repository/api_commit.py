"""Says whether GitHub's API can make a commit of a change, or git has to."""

from jobs.repository.change import Change, FileMode
from jobs.repository.mirror import Mirror
from jobs.repository.tree import NOTHING, raw_entries

_LARGEST = 4 * 1024 * 1024
"""A larger change goes by git: a GraphQL request has to fit into one JSON body."""
_PLAIN = {NOTHING, FileMode.REGULAR.value}


def fits_api(mirror: Mirror, on: str, tree: str, change: Change) -> bool:
    """Say whether it is small, and leaves every file its mode; the API sets none.

    `tree` is what the change makes of the commit `on`.
    """
    entries = raw_entries(mirror, on, tree)
    return change.size <= _LARGEST and all(
        {one.old_mode, one.new_mode} <= _PLAIN for one in entries if one.new_mode != NOTHING
    )
