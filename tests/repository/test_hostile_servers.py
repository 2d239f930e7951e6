"""What a hostile repository can make a mirror cost is bounded, and a lost base is said."""

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from jobs.repository.git import GitFailed, NotInRepository
from jobs.repository.mirror import Mirror
from tests.repository.conftest import Origin
from tests.repository.git_server import READ_TOKEN

_FETCH = """
import json, resource, sys
from pathlib import Path
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
mirror = Mirrors(Path(sys.argv[1]), Git(allow_file=True)).open(1)
sha = mirror.fetch(sys.argv[2], "main")
pack = sum(map(len, mirror.pack(sha)))
# Not RUSAGE_SELF: at exec it takes over the peak of whoever spawned this process.
status = Path("/proc/self/status").read_text()
own = int(status.split("VmHWM:")[1].split()[0])
peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps([sha, pack, peak // 1024, mirror.tags(sha), mirror.size(sha).largest]))
"""


def fetched(folder: Path, url: str) -> list[object]:
    """Fetch in a process of its own: the sha, the pack's bytes, the peak in MB, tags, a size."""
    command = [sys.executable, "-c", _FETCH, str(folder), url]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=400)
    answer: list[object] = json.loads(ran.stdout)
    return answer


def test_a_million_refs_cost_seconds_and_no_task(
    origin: Origin, tmp_path: Path, file_url: str
) -> None:
    sha = origin.commit({"a": b"1"})
    with (origin.bare / "packed-refs").open("w") as refs:
        refs.writelines(f"{sha} refs/heads/b{number:07}\n" for number in range(400_000))
        refs.writelines(f"{sha} refs/pull/{number}/head\n" for number in range(400_000))
        refs.writelines(f"{sha} refs/tags/t{number:07}\n" for number in range(200_000))
    got, _, peak_mb, tags, _ = fetched(tmp_path / "mirrors", file_url)
    assert got == sha
    assert tags == {}  # so many are none
    assert isinstance(peak_mb, int)
    assert peak_mb < 600


def test_a_huge_file_is_fetched_without_being_held_in_memory(
    origin: Origin, tmp_path: Path, file_url: str
) -> None:
    origin.commit({"a": b"1"})
    # Half a gigabyte of nothing is half a megabyte on its way.
    size = (512 << 20) + 1  # the server's git holds a file of up to 512 MiB in memory
    stream = subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=origin.bare, stdin=subprocess.PIPE
    )
    assert stream.stdin is not None
    who = b"committer A <a@b> 1700000000 +0000\n"
    stream.stdin.write(b"commit refs/heads/main\n" + who + b"data 1\nx\nfrom refs/heads/main^0\n")
    stream.stdin.write(f"M 100644 inline huge\ndata {size}\n".encode())
    for _ in range(size >> 20):
        stream.stdin.write(bytes(1 << 20))
    stream.stdin.write(b"\0\n")
    stream.stdin.close()
    assert stream.wait() == 0
    _, pack, peak_mb, _, largest = fetched(tmp_path / "mirrors", file_url)
    assert largest == size
    assert isinstance(pack, int)
    assert pack < 16 << 20
    assert isinstance(peak_mb, int)
    assert peak_mb < 300


def test_a_pack_that_lies_about_its_content_is_refused(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    sha = origin.commit({"a": b"content\n"})
    blob = origin.git("rev-parse", f"{sha}:a")
    loose = origin.bare / "objects" / blob[:2] / blob[2:]
    loose.chmod(0o600)
    loose.write_bytes(zlib.compress(b"blob 8\0CONTENT\n"))
    with pytest.raises(GitFailed):
        mirror.fetch(file_url, "main")
    assert not mirror.has(sha)


def test_a_base_that_was_pushed_away_is_still_here_for_its_task(
    origin: Origin, mirror: Mirror, url: str
) -> None:
    origin.commit({"a": b"1"})
    base = origin.commit({"a": b"2"})
    assert mirror.fetch(url, "main", READ_TOKEN) == base
    origin.git("reset", "-q", "--hard", "HEAD~1")
    other = origin.commit({"a": b"3"}, branch="new")
    origin.git("push", "-q", "--force", "origin", f"{other}:refs/heads/main")
    assert mirror.fetch(url, base, READ_TOKEN) == base
    assert mirror.fetch(url, "main", READ_TOKEN) == other
    assert mirror.file(base, "a") == b"2"


def test_a_base_that_is_gone_everywhere_is_said(origin: Origin, mirror: Mirror, url: str) -> None:
    origin.commit({"a": b"1"})
    with pytest.raises(NotInRepository, match="any more"):
        mirror.fetch(url, "1" * 40, READ_TOKEN)
