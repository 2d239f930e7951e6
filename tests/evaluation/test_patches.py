"""A change becomes a patch that git applies, byte for byte, and loses what is not the model's."""

from pathlib import Path

import pytest

from evaluation.patches import as_patch, paths_in, stat_of, without
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from tests.evaluation.given import BUGGY, git, repository

FILES = {
    "halves.py": BUGGY.replace("//", "/").encode(),
    "bild.png": bytes(range(256)),
    "alt.txt": "Übel\n".encode("latin-1"),
    "mit leer.txt": b"ohne Ende",
}


@pytest.fixture
def origin(tmp_path: Path) -> tuple[Path, str]:
    return repository(tmp_path)


@pytest.fixture
def mirror(origin: tuple[Path, str], tmp_path: Path) -> Mirror:
    path, base = origin
    mirror = Mirrors(tmp_path / "mirrors", Git(allow_file=True)).open(1)
    mirror.fetch(path.as_uri(), base)
    return mirror


@pytest.mark.parametrize("names", [["halves.py", "mit leer.txt"], list(FILES)])
def test_what_git_makes_of_it_is_the_change(
    names: list[str], origin: tuple[Path, str], mirror: Mirror, tmp_path: Path
) -> None:
    path, base = origin
    files = [ChangedFile(name, FileMode.REGULAR, FILES[name]) for name in sorted(names)]
    gone = ChangedFile("tests/test_halves.py", FileMode.REGULAR, None)
    change = Change((*files, gone))
    patch = as_patch(mirror, base, change)
    assert paths_in(patch) == {*names, "tests/test_halves.py"}
    assert stat_of(mirror, base, change)["files"] == len(names) + 1
    (tmp_path / "a.patch").write_text(patch, newline="")
    git(path, "checkout", "-q", "--detach", base)
    git(path, "apply", "--whitespace=nowarn", str(tmp_path / "a.patch"))
    assert {name: (path / name).read_bytes() for name in names} == {n: FILES[n] for n in names}
    assert not (path / "tests" / "test_halves.py").exists()


def test_no_change_is_an_empty_patch(origin: tuple[Path, str], mirror: Mirror) -> None:
    assert as_patch(mirror, origin[1], Change()) == ""


@pytest.mark.parametrize("text", ["", "no patch at all\n"])
def test_a_text_without_a_patch_touches_nothing(text: str) -> None:
    assert paths_in(text) == set()
    assert without(text, {"halves.py"}) == ""


def test_hunks_in_the_judges_files_are_left_out(origin: tuple[Path, str], mirror: Mirror) -> None:
    files = (
        ChangedFile("halves.py", FileMode.REGULAR, FILES["halves.py"]),
        ChangedFile("tests/test_halves.py", FileMode.REGULAR, b"# nothing is tested\n"),
    )
    patch = as_patch(mirror, origin[1], Change(files))
    left = without(patch, {"tests/test_halves.py"})
    assert paths_in(left) == {"halves.py"}
    assert without(patch, set()) == patch
