"""Says which names git takes for a branch or a tag, without asking git each time."""

import re

MAX_NAME_BYTES = 240
"""A longer name does not fit into the name of a file, with what git puts behind it."""

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")


def is_ref_name(name: str) -> bool:
    """Hold the part behind `refs/heads/` to git's rules (git check-ref-format), and to a length."""
    if not name or name[0] in "./" or name[-1] in "./":
        return False
    try:
        size = len(name.encode())
    except UnicodeEncodeError:  # the name was no UTF-8
        return False
    return size <= MAX_NAME_BYTES and not _FORBIDDEN.search(name)
