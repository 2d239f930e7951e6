"""A task's code comes from where the task says, and nothing of it is run on this machine."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from evaluation.instances import BadInstances, Problem, read_problems
from evaluation.origins import NotBrought, Origin, origin_of
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from tests.evaluation.given import CANARY, git, instance, repository, write


def problem(repo: str, base: str = "") -> Problem:
    return Problem("one", repo, base, "Title\n\nBody")


def sdist(folder: Path, marker: Path) -> None:
    """Make a source release that leaves a mark when any of its code is run."""
    files = {
        "marked-1.0/setup.py": f"open({str(marker)!r}, 'w').close()\nimport setuptools\n"
        "setuptools.setup(name='marked', version='1.0')\n",
        "marked-1.0/pyproject.toml": "[build-system]\nrequires = []\n"
        "build-backend = 'backend'\nbackend-path = ['.']\n",
        "marked-1.0/backend.py": f"open({str(marker)!r}, 'w').close()\n",
        "marked-1.0/PKG-INFO": "Metadata-Version: 2.1\nName: marked\nVersion: 1.0\n",
        "marked-1.0/.git/config": "[core]\n\tfsmonitor = touch /tmp/never\n",
        "marked-1.0/.gitignore": "build/\n",
    }
    with tarfile.open(folder / "marked-1.0.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))


def test_a_release_becomes_one_commit_and_none_of_its_code_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "it-was-run"
    (tmp_path / "index").mkdir()
    sdist(tmp_path / "index", marker)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    first = origin_of(problem("pypi:marked==1.0"), tmp_path / "a")
    again = origin_of(problem("pypi:marked==1.0"), tmp_path / "b")
    assert not marker.exists()
    assert first.sha == again.sha
    place = next((tmp_path / "a").iterdir())
    assert git(place, "log", "--format=%s") == "Release pypi:marked==1.0"
    assert (place / ".gitignore").read_text().startswith("build/\n\n__pycache__/\n")
    assert "fsmonitor" not in (place / ".git" / "config").read_text()
    with pytest.raises(NotBrought, match="there is no source release marked"):
        origin_of(problem("pypi:marked==2.0"), tmp_path / "a")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_release_cannot_have_its_gitignore_written_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("as it was")
    (tmp_path / "index").mkdir()
    with tarfile.open(tmp_path / "index" / "linked-1.0.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("linked-1.0/.gitignore")
        entry.type, entry.linkname, entry.mode = kind, str(mine), 0o755
        archive.addfile(entry)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    with pytest.raises(NotBrought, match="gitignore is not a file"):
        origin_of(problem("pypi:linked==1.0"), tmp_path / "a")
    assert mine.read_text() == "as it was"


@pytest.mark.parametrize("repo", ["npm:--global@1", "npm:..@1", "npm:@-x/y@1", "pypi:-e==1"])
def test_a_release_is_no_option_of_its_registrys_client(tmp_path: Path, repo: str) -> None:
    with pytest.raises(NotBrought, match="a release is written"):
        origin_of(problem(repo), tmp_path)


@pytest.mark.parametrize(
    ("repo", "words"),
    [
        ("npm:left-pad", "npm:NAME@VERSION"),
        ("git://example.org/x.git", "not asked by git://; give an https://"),
        ("ssh://git@example.org/x.git", "not asked by ssh://"),
        ("git@example.org:x.git", "not asked by ssh;"),
        ("/nowhere/at/all", "nowhere"),
        ("a\0b", "cannot be brought here"),
        ("x" * 5_000, "cannot be brought here"),
    ],
)
def test_what_cannot_be_brought_says_why_in_a_line(tmp_path: Path, repo: str, words: str) -> None:
    with pytest.raises(NotBrought, match=words) as told:
        origin_of(problem(repo, "1" * 40), tmp_path)
    assert "\n" not in str(told.value)


def test_the_words_of_a_registrys_client_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(NotBrought, match="ECONNREFUSED"):
        origin_of(problem("npm:left-pad@1.3.0"), tmp_path)


def test_without_a_registrys_client_only_its_tasks_cannot_be_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotBrought, match="npm"):
        origin_of(problem("npm:qs@6.14.0"), tmp_path / "a")


def test_a_url_needs_a_whole_sha(tmp_path: Path) -> None:
    sha = "1" * 40
    github = Origin("https://github.com/owner/name.git", sha)
    assert origin_of(problem("owner/name", sha), tmp_path) == github
    url = "https://example.org/x.git"
    assert origin_of(problem(url, sha), tmp_path) == Origin(url, sha)
    with pytest.raises(NotBrought, match="whole sha"):
        origin_of(problem("owner/name", "main"), tmp_path)


def test_nothing_that_is_later_than_the_base_comes_into_the_mirror(tmp_path: Path) -> None:
    path, base = repository(tmp_path)
    origin = origin_of(problem(str(path), base), tmp_path)
    mirror = Mirrors(tmp_path / "mirrors", Git(allow_file=True)).open(1)
    assert mirror.fetch(origin.url, origin.sha) == base
    objects = mirror.read(["cat-file", "--batch-all-objects", "--batch"])
    assert b"Halve" in objects
    assert b"Later" not in objects
    assert set(mirror.tags(base)) == {"v1.0"}


@pytest.mark.parametrize(
    ("repo", "name"),
    [
        ("django/django", "django/django"),
        ("https://example.org/team/tool.git", "team/tool"),
        ("pypi:click==8.3.3", "pypi/click"),
        ("npm:@scope/tool@1.2.3", "npm/scope-tool"),
        ("/srv/work/tool", "work/tool"),
        ("tool", "local/tool"),
    ],
)
def test_the_agent_is_told_a_name_as_github_has_them(repo: str, name: str) -> None:
    assert problem(repo).repository == name


def test_what_the_agents_process_is_handed_has_nothing_of_the_answer(tmp_path: Path) -> None:
    path, base = repository(tmp_path)
    instances = write(tmp_path / "i.jsonl", instance(path, base))
    assert instances.read_text().count(CANARY) >= 4
    [handed] = read_problems(instances)
    assert CANARY not in str(handed.to_json())
    assert handed.image == "patchbay/python"
    assert (handed.title, handed.body) == (
        "Half of an odd number is rounded down",
        "`half(3)` gives 1.",
    )


def _line(**fields: object) -> str:
    given = {"instance_id": "a", "repo": "b/c", "problem_statement": "Title"}
    return json.dumps({**given, **fields})


def test_a_text_may_have_any_character_and_the_file_a_mark_at_its_start(tmp_path: Path) -> None:
    given = json.loads(_line(problem_statement="Title\n\none\u2028two\x85three"))
    text = f"\ufeff{json.dumps(given, ensure_ascii=False)}\r\n\r\n"
    (tmp_path / "i.jsonl").write_text(text, "utf-8", newline="")
    [read] = read_problems(tmp_path / "i.jsonl")
    assert read.body == "one\u2028two\x85three"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1"),
        ("[]", "not an object"),
        ('{"instance_id": "../x"}', "no instance_id"),
        ('{"instance_id": "a", "repo": "b/c"}', "line 1, a: there is no problem_statement"),
        ('{"instance_id": "a", "repo": null}', "line 1, a: there is no repo"),
        ('{"instance_id": 5}', "5 is no instance_id"),
        (_line(problem_statement=None), "line 1, a: there is no problem_statement"),
        (_line(problem_statement=5), "problem_statement is not a text"),
        (_line(base_commit=5), "base_commit is not a text"),
        (_line(image={"a": 1}), "image is not a text"),
        ("", "no task"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "i.jsonl").write_text(line)
    with pytest.raises(BadInstances, match=words):
        read_problems(tmp_path / "i.jsonl")
