"""Fetches a source release with pip's own client, without running any code of the release.

`python -I sdist.py NAME VERSION FOLDER` prints the file's name. `pip download` of a source release
asks its build for metadata; here pip only finds the archive and brings it.
"""

import hashlib
import sys
from pathlib import Path

from pip._internal.commands.download import DownloadCommand
from pip._vendor.packaging.specifiers import SpecifierSet


def fetch(name: str, version: str, folder: Path) -> Path:
    """Fetch the source release of one version; SystemExit says why there is none."""
    command = DownloadCommand("download", "fetch a source release")
    options, _ = command.parse_args(["--quiet", "--no-binary", ":all:", "--no-deps", name])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(  # noqa: SLF001  pip has no public door
            options=options, session=session, ignore_requires_python=True
        )
        wanted = SpecifierSet(f"=={version}", prereleases=True)
        best = finder.find_best_candidate(name, wanted).best_candidate
        if best is None:
            raise SystemExit(f"there is no source release {name}=={version}")
        link = best.link
        answer = session.get(link.url_without_fragment, headers={"Accept-Encoding": "identity"})
        answer.raise_for_status()
    if link.hash_name and hashlib.new(link.hash_name, answer.content).hexdigest() != link.hash:
        raise SystemExit(f"{link.filename} is not what its registry says it is")
    path = folder / link.filename
    path.write_bytes(answer.content)
    return path


if __name__ == "__main__":
    print(fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3])).name)
