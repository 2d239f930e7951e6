"""Says which languages a repository holds, and so which image it wants."""

from collections import Counter
from pathlib import PurePosixPath

from jobs.setup.manifests import Manifests

_BY_MANIFEST = {
    "package.json": "node",
    "go.mod": "go",
    "pyproject.toml": "python",
    "setup.py": "python",
    "setup.cfg": "python",
    "requirements.txt": "python",
    "Pipfile": "python",
    "tox.ini": "python",
}
_BY_ENDING = {
    ".py": "python",
    **dict.fromkeys((".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx"), "node"),
    ".go": "go",
}
_A_TENTH = 10
_DEEPEST = 2


def languages(manifests: Manifests) -> frozenset[str]:
    """Name those with a manifest near the root, or with a tenth of the source files."""
    by_manifest = {
        _BY_MANIFEST[name]
        for path in manifests.paths
        if path.count("/") < _DEEPEST and (name := PurePosixPath(path).name) in _BY_MANIFEST
    }
    endings = Counter(PurePosixPath(path).suffix for path in manifests.paths)
    sources = Counter[str]()
    for ending, language in _BY_ENDING.items():
        sources[language] += endings[ending]
    total = sources.total()
    by_share = {name for name, count in sources.items() if count and count * _A_TENTH >= total}
    return frozenset(by_manifest | by_share)
