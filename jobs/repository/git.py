"""Runs git as a child process that knows nothing of this machine and shows its token to nobody.

A run gets an environment made here and nothing else: no configuration of the machine or of a
person, no prompt, no hook. The token travels as configuration in that environment, bound to the
one server it is for, so it is in no argument list, no URL and no file.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from jobs.repository.child import Child, Ended

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

SETTINGS: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.logAllRefUpdates", "false"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.quotePath", "true"),
    ("core.bigFileThreshold", "16m"),
    ("credential.helper", ""),
    ("fetch.fsckObjects", "true"),
    ("fetch.unpackLimit", "1"),
    ("transfer.fsckObjects", "true"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("safe.bareRepository", "explicit"),
    ("http.followRedirects", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "60"),
    ("pack.threads", "2"),
    ("push.negotiate", "true"),
    ("push.gpgSign", "false"),
)

# Flaws that old commits of honest projects have, that GitHub takes, and that harm nobody.
OLD_FLAWS = (
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badName",
    "badTimezone",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "multipleAuthors",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
)

MAX_WORDS = 2_000
_NOT_PRINTABLE = re.compile(r"[^\n\x20-\x7e\u00a1-\u024f]")
_CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


class GitFailed(Exception):  # reads as what happened
    """A run of git ended badly; its words are free of secrets and fit for a log."""

    def __init__(
        self,
        command: str,
        words: str,
        *,
        exit_code: int = 0,
        timed_out: bool = False,
        printed: str = "",
    ) -> None:
        """Keep what was run (the command's name only), what git said and what it printed."""
        super().__init__(f"git {command}: {words}")
        self.command = command
        self.words = words
        self.exit_code = exit_code
        self.timed_out = timed_out
        self.printed = printed


class PrintedTooMuch(GitFailed):
    """Git was ended because it printed more than the caller would take."""


class NotInRepository(GitFailed):
    """The branch or commit that was asked for is not there."""


@dataclass(frozen=True)
class Remote:
    """A repository to talk to, and the token for it."""

    url: str
    token: str | None = field(default=None, repr=False)

    @property
    def basic(self) -> str:
        """The token as GitHub wants it from git: basic authentication, any user name."""
        return b64encode(f"x-access-token:{self.token}".encode()).decode()

    def protocol(self, *, allow_file: bool) -> str:
        """Say which one protocol git may use for this URL; plain HTTP never leaves the machine."""
        parts = urlsplit(self.url)
        allowed = parts.scheme == "https"
        allowed |= parts.scheme == "http" and _is_loopback(parts.hostname or "")
        allowed |= parts.scheme == "file" and allow_file
        if not allowed:
            raise GitFailed("remote", f"the protocol of {self.shown()} is not allowed")
        if parts.username or parts.password:
            raise GitFailed("remote", "a URL with a name or password in it is not used")
        return parts.scheme

    def shown(self) -> str:
        """Name the repository in words for people."""
        return _CREDENTIALS_IN_URL.sub("", self.url)[:200]

    def settings(self) -> list[tuple[str, str]]:
        """Bind the token to this server, so that git would not carry it to another."""
        if not self.token:
            return []
        parts = urlsplit(self.url)
        server = f"{parts.scheme}://{parts.netloc}/"
        return [(f"http.{server}.extraHeader", f"Authorization: Basic {self.basic}")]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Git:
    """The git program; `allow_file` opens `file://` remotes, which only tests need."""

    allow_file: bool = False
    executable: str = "git"
    max_output: int = 64 * 1024 * 1024

    def run(
        self,
        args: Sequence[str],
        *,
        git_dir: Path | None,
        env_extra: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        timeout_s: float = 60.0,
        remote: Remote | None = None,
        max_output: int | None = None,
        pass_fds: tuple[int, ...] = (),
        max_file_bytes: int | None = None,
        fine: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run git to its end and return what it printed; `GitFailed` unless its exit is `fine`."""
        argv = self._argv(args, git_dir, max_file_bytes)
        child = Child.start(argv, self._environment(remote, env_extra), stdin, timeout_s, pass_fds)
        out = bytearray()
        cap = max_output or self.max_output
        with child:
            for chunk in child.chunks():
                out += chunk
                if len(out) > cap:
                    raise PrintedTooMuch(_name(args), f"it printed more than {cap} bytes")
            self._judge(args, child.end(), remote, bytes(out[-MAX_WORDS:]), fine)
        return bytes(out)

    def stream(
        self,
        args: Sequence[str],
        *,
        git_dir: Path,
        stdin: bytes = b"",
        timeout_s: float = 300.0,
    ) -> Iterator[bytes]:
        """Run git and hand on what it prints as it comes; the run ends with the iterator."""
        argv = self._argv(args, git_dir, None)
        with Child.start(argv, self._environment(None, None), stdin, timeout_s, ()) as child:
            yield from child.chunks()
            self._judge(args, child.end(), None, b"", (0,))

    def _argv(
        self, args: Sequence[str], git_dir: Path | None, max_file_bytes: int | None
    ) -> list[str]:
        limit = ["prlimit", f"--fsize={max_file_bytes}"] if max_file_bytes else []
        where = ["--git-dir", str(git_dir)] if git_dir else []
        return [*limit, self.executable, "--literal-pathspecs", *where, *args]

    def _environment(
        self, remote: Remote | None, extra: Mapping[str, str] | None
    ) -> dict[str, str]:
        settings = [*SETTINGS, *((f"fetch.fsck.{flaw}", "ignore") for flaw in OLD_FLAWS)]
        protocol = "none"
        if remote:
            protocol = remote.protocol(allow_file=self.allow_file)
            settings += remote.settings()
        environment = {
            "PATH": PATH,
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": protocol,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_CONFIG_COUNT": str(len(settings)),
            **(extra or {}),
        }
        for number, (key, value) in enumerate(settings):
            environment[f"GIT_CONFIG_KEY_{number}"] = key
            environment[f"GIT_CONFIG_VALUE_{number}"] = value
        return environment

    def _judge(
        self,
        args: Sequence[str],
        ended: Ended,
        remote: Remote | None,
        out: bytes,
        fine: tuple[int, ...],
    ) -> None:
        said = cleaned(out, remote)
        if ended.timed_out:
            words = f"took longer than {ended.timeout_s:g} s and was ended"
            raise GitFailed(
                _name(args), words, exit_code=ended.exit_code, timed_out=True, printed=said
            )
        if ended.exit_code not in fine:
            words = cleaned(ended.words, remote) or f"ended with exit code {ended.exit_code}"
            raise GitFailed(_name(args), words, exit_code=ended.exit_code, printed=said)


def cleaned(words: bytes, remote: Remote | None = None) -> str:
    """Take the secrets and everything that is not plain text out of what git or a server said."""
    text = words.decode("utf-8", "replace")
    if remote and remote.token:
        for secret in (remote.token, remote.basic):
            text = text.replace(secret, "[token]")
    text = _CREDENTIALS_IN_URL.sub("", text).replace("\r", "\n")
    return _NOT_PRINTABLE.sub("?", text).strip()[-MAX_WORDS:]


def _name(args: Sequence[str]) -> str:
    return next((word for word in args if not word.startswith("-")), "git")
