"""Chooses which tags a mirror keeps: those that point into the history that was fetched.

A version tool (setuptools_scm, `git describe`) needs the newest tag that the base commit comes
after. The names and the objects are the repository's, so hostile: they are held to git's rules,
counted and cut, and never become the name of a file here.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jobs.repository.ref_names import is_ref_name

MAX_LISTED = 20_000
MAX_KEPT = 2_000
MAX_GIVEN = 200
"""So many tags go into a sandbox, the nearest to its base."""
LOOKED_FOR = 1_000
"""So many commits down the newest tag is looked for, where a project needs one."""

_PREFIX = "refs/tags/"
_FILE = "patchbay-tags.json"
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Tag(NamedTuple):
    """What a tag points to: an annotated one is an object of its own."""

    object: str
    commit: str

    @property
    def annotated(self) -> bool:
        """Say whether there is an object to fetch."""
        return self.object != self.commit


Tags = Mapping[str, Tag]


@dataclass(frozen=True)
class KeptTags:
    """The tags of a mirror, in a file beside its objects."""

    folder: Path

    def read(self) -> dict[str, Tag]:
        """Return the tags by their names; none where nothing was kept yet."""
        return {name: Tag(*pair) for name, pair in self._content().get("tags", {}).items()}

    def know(self, listed: Tags) -> bool:
        """Say whether exactly this listing was gone through before."""
        return self._content().get("listing") == digest(listed)

    def write(self, listed: Tags, kept: Tags) -> None:
        """Keep these tags, and which listing they were chosen from; the mirror is locked."""
        content = {"listing": digest(listed), "tags": {name: list(kept[name]) for name in kept}}
        new = self.folder / f"{_FILE}.new-{os.getpid()}"
        new.write_text(json.dumps(content), "utf-8")
        new.rename(self.folder / _FILE)

    def _content(self) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / _FILE).read_text("utf-8"))
        except (FileNotFoundError, ValueError):  # none yet, or cut short by a full disk
            return {}
        return content if isinstance(content, dict) else {}


def read_listing(lines: Iterable[str]) -> dict[str, Tag]:
    """Read what `git ls-remote` says of tags; names that are none are left out."""
    objects: dict[str, str] = {}
    commits: dict[str, str] = {}
    for line in lines:
        sha, _, ref = line.partition("\t")
        if not (ref.startswith(_PREFIX) and _SHA.fullmatch(sha)):
            continue
        name = ref.removeprefix(_PREFIX)
        peeled = name.endswith("^{}")
        (commits if peeled else objects)[name.removesuffix("^{}")] = sha
    # No tag that git itself would make begins with a dash; a tool could take it for an option.
    names = [name for name in objects if is_ref_name(name) and name[0] != "-"][-MAX_LISTED:]
    return {name: Tag(objects[name], commits.get(name, objects[name])) for name in names}


def looks_like_a_version(name: str) -> bool:
    """Say whether a version tool would take this tag: they want a digit in it."""
    return any(letter.isdecimal() for letter in name)


def digest(listed: Tags) -> str:
    """Return what stands for a listing."""
    lines = "".join(f"{name} {tag.object} {tag.commit}\n" for name, tag in sorted(listed.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
