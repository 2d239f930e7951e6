"""Git runs in an environment of its own making, ends in time, and never shows a token."""

import time
from pathlib import Path

import pytest

from jobs.repository.git import Git, GitFailed, Remote, cleaned

TOKEN = "ghs_123_abc.def-ghi_" + "x" * 40


def script(text: str) -> list[str]:
    """Have git run a shell, which then is a grandchild as its transport helpers are."""
    return ["-c", f"alias.try=!{text}", "try"]


def has_ended(pid: int) -> bool:
    """Ended processes may stay as zombies for as long as nobody asks for them."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def test_nothing_of_this_process_reaches_git(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\n\tsshCommand = evil\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_SSH_COMMAND", "evil")
    monkeypatch.setenv("SECRET_OF_THE_WORKER", "canary")
    shown = Git().run(script("env"), git_dir=None).decode()
    names = {line.split("=")[0] for line in shown.splitlines()}
    assert not names & {"GIT_SSH_COMMAND", "SECRET_OF_THE_WORKER", "GIT_DIR"}
    assert "HOME=/nonexistent" in shown
    settings = Git().run(["config", "--list"], git_dir=None).decode()
    assert "sshcommand" not in settings
    assert "core.hookspath=/dev/null" in settings
    assert "http.followredirects=false" in settings


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.git",
        "http://10.0.0.1/a.git",
        "http://localhost.example.org/a.git",
        "file:///srv/a.git",
        "/srv/a.git",
        "ssh://git@example.org/a.git",
        "git@example.org:a.git",
        "git://example.org/a.git",
        "ext::sh -c touch% /tmp/x",
        "--upload-pack=x",
        "",
        "https://name:word@example.org/a.git",
        "https://word@example.org/a.git",
    ],
)
def test_a_remote_that_is_not_https_or_on_this_machine_is_refused(url: str) -> None:
    with pytest.raises(GitFailed):
        Git().run(["ls-remote", url], git_dir=None, remote=Remote(url, TOKEN))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.git", "http://[::1]:1/a.git"])
def test_plain_http_on_this_machine_is_tried(url: str) -> None:
    with pytest.raises(GitFailed, match="unable to access"):
        Git().run(["ls-remote", url], git_dir=None, remote=Remote(url, TOKEN))


def test_the_token_is_bound_to_its_server() -> None:
    ((key, value),) = Remote("https://git.example.org:8443/a/b.git", TOKEN).settings()
    assert key == "http.https://git.example.org:8443/.extraHeader"
    assert value.startswith("Authorization: Basic ")
    assert TOKEN not in repr(Remote("https://git.example.org/a.git", TOKEN))


def test_a_failure_says_what_was_run_without_arguments() -> None:
    with pytest.raises(GitFailed) as failure:
        Git().run(["rev-parse", "--git-dir"], git_dir=Path("/nowhere"))
    assert failure.value.command == "rev-parse"
    assert failure.value.exit_code == 128


def test_words_are_cleaned_of_tokens_names_and_hidden_characters() -> None:
    remote = Remote("https://git.example.org/a.git", TOKEN)
    said = f"\x1b[2J{TOKEN} {remote.basic} https://user:word@h/ \u200b\u202ebye\r\n".encode()
    assert cleaned(said, remote) == "?[2J[token] [token] https://h/ ??bye"


def test_a_run_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    began = time.monotonic()
    with pytest.raises(GitFailed) as failure:
        Git().run(script(f"echo $$ > {told}; sleep 60; true"), git_dir=None, timeout_s=0.5)
    assert failure.value.timed_out
    assert time.monotonic() - began < 20
    assert has_ended(int(told.read_text()))


def test_output_without_end_is_cut_off() -> None:
    with pytest.raises(GitFailed, match="more than 1000 bytes"):
        Git().run(script("yes"), git_dir=None, max_output=1000)


def test_errors_without_end_are_kept_short() -> None:
    with pytest.raises(GitFailed) as failure:
        Git().run(script("head -c 9000000 /dev/zero | tr '\\0' x >&2; exit 3"), git_dir=None)
    assert len(str(failure.value)) < 3000


def test_a_large_input_that_is_not_read_does_no_harm() -> None:
    assert Git().run(script("true"), git_dir=None, stdin=b"x" * 5_000_000) == b""


def test_a_stream_that_nobody_reads_on_is_ended(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    chunks = Git().stream(script(f"echo $$ > {told}; yes"), git_dir=tmp_path)
    assert next(iter(chunks))
    chunks.close()  # type: ignore[attr-defined]  # a generator, which is all that is promised here
    assert has_ended(int(told.read_text()))


def test_a_file_over_the_limit_ends_the_run(tmp_path: Path) -> None:
    write = script(f"head -c 200000 /dev/zero > {tmp_path}/big")
    with pytest.raises(GitFailed):
        Git().run(write, git_dir=None, max_file_bytes=100_000)
    assert (tmp_path / "big").stat().st_size <= 100_000
