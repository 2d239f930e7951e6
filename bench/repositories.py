"""Makes repositories to measure with, the same bytes each time: one of 35 MB, one of 1 GB.

A size is that of the work tree. Each is made once, as a bare repository in var/bench, by
`git fast-import`, and packed as a forge keeps it.
"""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.machine import ROOT

FOLDER = ROOT / "var" / "bench"
_MB = 1024 * 1024
_EPOCH = 1_700_000_000
_TAG_EVERY = 100
_PARTS = (
    "re",
    "un",
    "load",
    "save",
    "read",
    "write",
    "find",
    "make",
    "key",
    "value",
    "item",
    "node",
)
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Shape:
    """What a repository is made of; change one of them and it is made anew."""

    name: str
    text_mb: int
    text_files: int
    noise_mb: int
    """Of what does not compress: pictures, archives."""
    noise_files: int
    commits: int
    touched: int = 3
    """How many text files each commit changes."""

    @property
    def path(self) -> Path:
        """Where it lies; the name holds the shape."""
        return FOLDER / f"{self.name}-{hash_of(f'{self!r} {_MANIFESTS}'):08x}.git"

    def text_file(self, number: int) -> str:
        """Name a text file: sixteen to a folder, as people keep them."""
        return f"src/part{number // 16:03d}/module{number:05d}.py"


MIDDLE = Shape("35mb", text_mb=32, text_files=2600, noise_mb=3, noise_files=40, commits=2500)
LARGE = Shape("1gb", text_mb=400, text_files=4000, noise_mb=600, noise_files=60, commits=100)


def hash_of(text: str) -> int:
    """Return a number that stands for a text, in every process the same."""
    return int.from_bytes(random.Random(text).randbytes(4))  # noqa: S311 - names a folder


def made(shape: Shape) -> Path:
    """Return the bare repository of this shape; the first call makes it."""
    if shape.path.exists():
        return shape.path
    for left in FOLDER.glob(f"{shape.name}-*.new-*"):
        shutil.rmtree(left)
    new = shape.path.with_suffix(f".new-{os.getpid()}")
    new.mkdir(parents=True)
    _git(new, "init", "--quiet", "--bare", "--initial-branch=main", ".")
    _git(new, "config", "core.bigFileThreshold", "1m")
    _git(new, "config", "core.looseCompression", "1")
    _git(new, "config", "pack.compression", "1")
    with subprocess.Popen(
        ["git", "fast-import", "--quiet", "--done"],
        cwd=new,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
    ) as importing:
        assert importing.stdin is not None
        _write(shape, importing.stdin)
        importing.stdin.close()
    if importing.returncode:
        raise RuntimeError(f"git fast-import ended with {importing.returncode}")
    _git(new, "repack", "-a", "-d", "-q", "--depth=50", "--window=10")
    new.rename(shape.path)
    return shape.path


def _write(shape: Shape, out: IO[bytes]) -> None:
    chance = random.Random(shape.name)  # noqa: S311 - the same bytes each time
    lines = _lines(chance)
    texts = [_text(chance, lines, size) for size in _sizes(chance, shape)]
    out.write(_commit(0, "Begin"))
    for number, text in enumerate(texts):
        out.write(_file(shape.text_file(number), "\n".join(text).encode()))
    for number in range(shape.noise_files):
        noise = chance.randbytes(shape.noise_mb * _MB // shape.noise_files)
        out.write(_file(f"assets/picture{number:03d}.png", noise))
    for name, content in _MANIFESTS.items():
        out.write(_file(name, content.encode()))
    for commit in range(1, shape.commits):
        out.write(_commit(commit, f"Change number {commit}"))
        for number in chance.sample(range(len(texts)), shape.touched):
            _edit(chance, lines, texts[number])
            out.write(_file(shape.text_file(number), "\n".join(texts[number]).encode()))
        if commit % _TAG_EVERY == _TAG_EVERY - 20:
            out.write(_tag(commit))
    out.write(b"done\n")


def _lines(chance: random.Random) -> list[str]:
    """Return lines such as source code has: indented, of words that come again."""
    words = ["_".join(chance.choices(_PARTS, k=3)) for _ in range(1500)]
    return [
        "    " * chance.randrange(4)
        + f"{chance.choice(words)} = {chance.choice(words)}({chance.choice(words)}, "
        + f"{chance.randrange(10**6)})"
        for _ in range(40_000)
    ]


def _sizes(chance: random.Random, shape: Shape) -> Iterator[int]:
    """Yield the sizes of the text files, in bytes; a few are much larger than most."""
    shares = [chance.paretovariate(2.5) for _ in range(shape.text_files)]
    for share in shares:
        yield int(share / sum(shares) * shape.text_mb * _MB)


def _text(chance: random.Random, lines: list[str], size: int) -> list[str]:
    count = max(1, size // 65)
    return chance.choices(lines, k=count)


def _edit(chance: random.Random, lines: list[str], text: list[str]) -> None:
    at = chance.randrange(len(text))
    text[at : at + 4] = chance.choices(lines, k=5)


def _commit(number: int, message: str) -> bytes:
    who = f"Ada <ada@example.org> {_EPOCH + number * 3600} +0000"
    head = f"commit refs/heads/main\nmark :{number + 1}\nauthor {who}\ncommitter {who}\n"
    return f"{head}data {len(message)}\n{message}\n".encode()


def _tag(number: int) -> bytes:
    name, words = f"v1.{number // _TAG_EVERY}.0", "A release"
    who = f"Ada <ada@example.org> {_EPOCH + number * 3600} +0000"
    return f"tag {name}\nfrom :{number + 1}\ntagger {who}\ndata {len(words)}\n{words}\n".encode()


def _file(name: str, content: bytes) -> bytes:
    return f"M 100644 inline {name}\ndata {len(content)}\n".encode() + content + b"\n"


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=_ENVIRONMENT)


_MANIFESTS = {
    "README.md": "# Measured\n\nThis was generated, to measure with.\n",
}
