"""What may be published, what a person must look at, and what holds a secret."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from jobs.repository.added_lines import added_lines, removed_lines
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.repository.policy import PolicyReport, review
from jobs.repository.test_files import is_test, is_test_module

LIVE = "whk_live-secret/of+this=service"


@dataclass
class Base:
    files: dict[str, bytes] = field(default_factory=dict)

    def content(self, path: str) -> bytes | None:
        return self.files.get(path)


def judge(files: Mapping[str, str | None], base: Mapping[str, str] | None = None) -> PolicyReport:
    changed = [
        ChangedFile(path, FileMode.REGULAR, None if text is None else text.encode())
        for path, text in files.items()
    ]
    before = {path: text.encode() for path, text in (base or {}).items()}
    return review(Change(tuple(changed)), Base(before), live_secrets=[LIVE, "", "short"])


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml", ".github/actions/x/action.yml", ".github/agent.yml",
        ".GitHub/workflows/ci.yml", "sub/.github/workflows/x.yml", ".github",
        ".gitmodules", ".gitattributes", "a/b/.gitattributes", ".GITMODULES", ".gitignore",
        ".lfsconfig", ".gitconfig", ".husky/pre-commit", ".githooks/x", ".gitx/y",
        "CODEOWNERS", "docs/CODEOWNERS", ".claude/settings.json", ".codex/x", ".cursor/rules/x",
        ".mcp.json", ".vscode/tasks.json", ".devcontainer/devcontainer.json", "x/.vscode/a",
    ],
)  # fmt: skip
@pytest.mark.parametrize("deleted", [False, True])
def test_a_protected_path_is_blocked(path: str, deleted: bool) -> None:
    report = judge({path: None if deleted else "x\n"})
    assert [finding.path for finding in report.blocked] == [path]
    assert not report.allowed


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml", "requirements-dev.txt", "requirements/base.txt", "poetry.lock", "uv.lock",
        "package.json", "web/package-lock.json", "yarn.lock", "go.mod", "Cargo.toml", "setup.py",
        "Makefile", "Dockerfile", "docker/Dockerfile.prod", "docker-compose.yml", ".gitlab-ci.yml",
        "Jenkinsfile", ".circleci/config.yml", ".travis.yml", "AGENTS.md", "CLAUDE.md",
        "README.md", "README", "tox.ini", "noxfile.py", ".pre-commit-config.yaml", "setup.cfg",
        "conftest.py", "tests/unit/conftest.py", "pytest.ini", "sitecustomize.py", ".coveragerc",
        "usercustomize.py", "web/jest.config.ts", "vitest.config.mjs", ".mocharc.json",
    ],
)  # fmt: skip
def test_a_path_that_matters_is_shown(path: str) -> None:
    report = judge({path: "x\n"})
    assert report.allowed
    assert [finding.path for finding in report.warned] == [path]


@pytest.mark.parametrize(
    "path",
    ["src/a.py", "docs/github.md", "src/git_tools.py", "my.github/x", "locks.py", "a/readable.py",
     "src/action.py", "tests/test_a.py", "CODEOWNERS.md", "githooks/x"],
)  # fmt: skip
def test_an_ordinary_path_is_neither(path: str) -> None:
    assert judge({path: "x = 1\n"}) == PolicyReport((), ())


def test_too_many_files_are_blocked() -> None:
    assert judge({f"f{n}": "" for n in range(100)}).allowed
    assert "101 files" in judge({f"f{n}": "" for n in range(101)}).blocked[0].why


def test_a_large_file_and_a_large_change_are_blocked() -> None:
    mib = "x\n" * (512 * 1024)
    assert judge({"a": mib}).allowed
    assert "1.0 MiB are the most" in judge({"a": mib + "x"}).blocked[0].why
    assert judge({f"f{n}": mib for n in range(8)}).allowed
    assert "8.0 MiB are the most" in judge({f"f{n}": mib for n in range(9)}).blocked[0].why


SECRETS = {
    "github": "ghs_" + "a1B2" * 9,
    "github of 2026": "ghs_1234_eyJhbGciOi." + "aB3-_" * 30 + ".x",
    "fine-grained": "github_pat_" + "11ABCDEFG0" * 4,
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "model": "sk-proj-" + "Ab1_" * 10,
    "other model": "sk-ant-api03-" + "Ab1_" * 10,
    "slack": "xoxb-" + "1234567890-abcdef",
    "google": "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "ssh key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "url": "postgres://app:" + "s3cr3t-w0rd@db.example.org/x",
    "named": 'API_KEY = "' + "q7Zp2Lk9Xw4Rt8Vb" + '"',
    "named in yaml": "db_password: " + "q7Zp2Lk9Xw4Rt8Vb",
    "live": LIVE,
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_a_new_secret_is_blocked_and_not_repeated(secret: str) -> None:
    report = judge({"src/a.py": f"x = 1\ny = '{secret}'\n"})
    assert report.blocked
    assert all(secret not in finding.why for finding in report.blocked)


def test_the_line_of_a_secret_is_named() -> None:
    (finding,) = judge({"a": "x\ny\nt = '" + SECRETS["aws"] + "'\n"}).blocked
    assert finding.why == "line 3 looks like an AWS access key"


def test_a_secret_that_was_there_before_does_not_block() -> None:
    line = f"key = '{SECRETS['aws']}'\n"
    assert judge({"a": "new\n" + line}, {"a": line}).allowed
    assert not judge({"a": line * 2}, {"a": line}).allowed


@pytest.mark.parametrize("at", [0, 3_990, 4_000, 4_290, 100_000])
def test_a_secret_deep_in_a_long_line_is_found(at: int) -> None:
    assert not judge({"a.js": "x;" * (at // 2) + " " + SECRETS["aws"] + " " + "y;" * 9}).allowed


@pytest.mark.parametrize("coat", ["hex", "reversed", "quoted", "base64 0", "base64 1", "base64 2"])
def test_a_live_secret_is_found_in_a_usual_coat(coat: str) -> None:
    raw = LIVE.encode()
    text = {
        "hex": raw.hex(),
        "reversed": LIVE[::-1],
        "quoted": quote(LIVE, safe=""),
        "base64 0": base64.b64encode(b"abc" + raw + b"tail").decode(),
        "base64 1": base64.b64encode(b"a" + raw + b"tail").decode(),
        "base64 2": base64.b64encode(b"ab" + raw + b"t").decode(),
    }[coat]
    reasons = [finding.why for finding in judge({"a": f"x\n{text}\n"}).blocked]
    assert "it holds a secret of this service" in reasons


@pytest.mark.parametrize("where", ["path", "old line", "binary"])
def test_a_live_secret_is_found_wherever_it_stands(where: str) -> None:
    name = LIVE.replace("/", "_")
    change = {
        "path": ChangedFile(f"x-{name}", FileMode.REGULAR, b""),
        "old line": ChangedFile("a", FileMode.REGULAR, LIVE.encode()),
        "binary": ChangedFile("a", FileMode.REGULAR, b"\0\xff" + LIVE.encode() + b"\xfe"),
    }[where]
    base = Base({"a": LIVE.encode()})
    assert not review(Change((change,)), base, live_secrets=[LIVE, name]).allowed


@pytest.mark.parametrize(
    "line",
    [
        "token = get_token(request, timeout=30)",
        "password = os.environ['DATABASE_PASSWORD']",
        'API_KEY = "your-api-key-goes-here-0"',
        "secret: ${{ secrets.DEPLOY_TOKEN_1 }}",
        'password = "correct horse battery"',
        "https://example.org/a/b@v1/c",
        "postgres://localhost/app",
        "task-force-of-the-long-name-with-many-parts-in-it",
        "sk-learn is a library of machine learning",
    ],
)
def test_what_only_looks_a_little_like_a_secret_does_not_block(line: str) -> None:
    assert judge({"src/a.py": line + "\n"}).blocked == ()


def test_a_long_disordered_word_is_shown_and_digests_are_not() -> None:
    word = "q7Zp2Lk9Xw4Rt8VbN3mC6yHd1Gf5Js0QaEuIoTz9"
    assert judge({"a.py": f"x = '{word}'\n"}).warned
    assert judge({"yarn.lock": f"{word}\n"}).warned[0].why == "dependencies"
    assert judge({"a.py": f"integrity sha512-{word}\n"}).warned == ()
    assert judge({"a.py": f"'{'0123456789abcdef' * 4}'\n"}).warned == ()


def test_tests_that_go_or_are_switched_off_are_shown() -> None:
    before = {
        "tests/test_a.py": "def test_one():\n    pass\n\ndef test_two():\n    pass\n",
        "tests/test_b.py": "def test_three():\n    pass\n",
        "web/a.test.ts": "it('works', () => {})\n",
        "pkg/a_test.go": "func TestA(t *testing.T) {\n}\n",
    }
    report = judge(
        {
            "tests/test_a.py": "import pytest\n@pytest.mark.skip\ndef test_one():\n    pass\n",
            "tests/test_b.py": None,
            "web/a.test.ts": "it.skip('works', () => {})\n",
            "pkg/a_test.go": "func TestA(t *testing.T) {\n\tt.Skip()\n}\n",
        },
        before,
    )
    said = {(finding.path, finding.why) for finding in report.warned}
    assert ("tests/test_a.py", "tests are removed: test_two") in said
    assert ("tests/test_b.py", "a test file is deleted") in said
    for path, line in (("tests/test_a.py", 2), ("web/a.test.ts", 1), ("pkg/a_test.go", 2)):
        why = f"tests are skipped, or others left out, in line {line}"
        assert (path, why) in said
    assert report.allowed


def test_a_test_that_moves_or_changes_inside_is_not_removed() -> None:
    before = {"tests/test_a.py": "def test_one():\n    assert f(1)\n", "tests/test_b.py": ""}
    moved = {"tests/test_a.py": "", "tests/test_b.py": "def test_one(tmp_path):\n    assert 1\n"}
    assert judge(moved, before).warned == ()
    edited = {"tests/test_a.py": "def test_one():\n    assert f(2)\n"}
    assert judge(edited, before).warned == ()


@pytest.mark.parametrize(
    ("path", "test", "module"),
    [
        ("tests/test_a.py", True, True),
        ("pkg/foo_test.py", True, True),
        ("tests/data/x.json", True, False),
        ("conftest.py", True, False),
        ("src/a.test.tsx", True, True),
        ("a_test.go", True, True),
        ("src/a.py", False, False),
        ("src/contest.py", False, False),
        ("latest/x.py", False, False),
        ("attestation.py", False, False),
    ],
)
def test_test_files_are_told_from_others(path: str, *, test: bool, module: bool) -> None:
    assert is_test(path) is test
    assert is_test_module(path) is module


def test_lines_that_only_moved_are_not_added() -> None:
    assert added_lines(b"a\nb\nc", b"c\na\nb\na") == [(4, "a")]
    assert added_lines(None, b"x\ny") == [(1, "x"), (2, "y")]
    assert removed_lines(b"a\nb\n", b"b\n") == ["a"]


def test_a_hostile_file_of_a_mebibyte_is_judged_in_time() -> None:
    for text in (
        "eyJ-" * 262_144,
        "a1." * 349_000,
        "\n" * 2**20,
        "token=" * 174_000,
        ":/@" * 349_000,
    ):
        began = time.process_time()
        judge({"a.py": text[: 2**20]})
        assert time.process_time() - began < 10
