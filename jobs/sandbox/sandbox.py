"""What a task does with a sandbox: code in, commands, files, the change out."""

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from jobs.sandbox.errors import SandboxError, SandboxLost, ToolRefused
from jobs.sandbox.execution import Execution, read_execution
from jobs.sandbox.inside.bounds import MAX_BODY, MAX_SCRIPT, MAX_TEXT, POLITE_S
from jobs.sandbox.stream import FrameStream

_FILE_TOOLS_S = 30.0
_REASON = 4_000
_PUT_S = 300.0
_COLLECT_S = 60.0
_HALTED_COLLECT_S = 5.0
_GRACE_S = POLITE_S + 10.0
"""After a command's own limit: to end it politely, and to sweep and clean its output."""


@runtime_checkable
class IndexedPack(Protocol):
    """Git packs in parts: of each its index and then the pack; and the tags that are in them."""

    @property
    def shallow(self) -> tuple[str, ...]:
        """The commits whose parents are not in it."""
        ...

    @property
    def tags(self) -> Mapping[str, str]:
        """The object of each tag, by its name."""
        ...

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """Of each part, the bytes of its index and the bytes of its pack."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Hand on the bytes."""
        ...


class Sandbox:
    """One container, spoken to over one stream; calls from several threads take turns."""

    def __init__(
        self,
        container: str,
        stream: FrameStream,
        remove: Callable[[], None],
        *,
        image_digest: str = "",
        pooled: bool = False,
    ) -> None:
        self.container = container
        self.image_digest = image_digest
        self.pooled = pooled
        """Whether it was started before anybody asked for it."""
        self._stream = stream
        self._remove = remove
        self._turn = threading.Lock()
        self._doing = ""
        self._halted = False
        self._lost = ""
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # An engine that is gone says so at close too; what failed first is the better news.
        with suppress(*([] if error is None else [SandboxError])):
            self.close()

    def put(
        self, pack: "Iterable[bytes] | IndexedPack", base_sha: str, shallow: tuple[str, ...] = ()
    ) -> None:
        """Check out `base_sha` from a git pack at /workspace/repo, with its history beside it.

        A pack that comes with its index is only stored; any other is read through and indexed in
        the sandbox, which takes ten times as long.
        """
        arguments: dict[str, Any] = {"base": base_sha, "shallow": list(shallow)}
        if isinstance(pack, IndexedPack):
            arguments |= {"shallow": list(pack.shallow), "tags": dict(pack.tags)}
            arguments["parts"] = [list(sizes) for sizes in pack.parts]
        self._call("put", arguments, pack, _PUT_S)

    def restore(self, frames: bytes) -> None:
        """Apply a change, framed as `collect` returns it, to the work tree."""
        self._call("restore", {}, [frames], _COLLECT_S)

    def strip(self) -> None:
        """End all processes and take the code out, before what a set-up made is kept.

        What the base ignores by git stays, with the home folder; downloads of package managers go.
        """
        self._call("strip", {}, [], _PUT_S)

    def set_deadline(self, seconds: float, *, within_s: float = _FILE_TOOLS_S) -> None:
        """Let the sandbox end itself `seconds` from now, whatever it was told before."""
        self._call("deadline", {"seconds": seconds}, [], within_s)

    def collect(
        self,
        *,
        max_bytes: int = 16 * 1024 * 1024,
        sweep: bool = True,
        within_s: float = _COLLECT_S,
    ) -> bytes:
        """Return what differs from the base as hostile frames; `sweep` ends all processes first."""
        arguments = {"max_bytes": max_bytes, "sweep": sweep}
        limit = max_bytes + MAX_BODY
        _, change = self._call("collect", arguments, [], within_s, limit=limit)
        return change

    def exec(self, script: str, *, timeout_s: float = 120, workdir: str | None = None) -> Execution:
        """Run a bash script in a shell of its own; what it leaves running goes on running."""
        data = script.encode("utf-8", "replace")
        if len(data) > MAX_SCRIPT:
            raise ToolRefused(
                f"the script is {len(data):,} bytes long; the limit is {MAX_SCRIPT:,}"
            )
        arguments = {"timeout_s": timeout_s, "workdir": workdir}
        result, output = self._call("exec", arguments, [data], timeout_s + _GRACE_S)
        try:
            return read_execution(result, output.decode("utf-8", "replace"), timeout_s)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            lost = self._broken("an answer with parts missing or wrong")
            with suppress(SandboxError):
                self._give_up(str(lost))
            raise lost from error

    def read(self, path: str, start_line: int | None = None, end_line: int | None = None) -> str:
        """Show a file with line numbers, or list a folder."""
        return self._text("read", {"path": path, "start": start_line, "end": end_line})

    def edit(self, path: str, old: str, new: str, *, replace_all: bool = False) -> str:
        """Replace text that occurs once (or everywhere, if asked); show what it looks like now."""
        _refuse_long(old, new)
        before = old.encode("utf-8", "replace")
        arguments = {"path": path, "old_size": len(before), "replace_all": replace_all}
        return self._text("edit", arguments, before + new.encode("utf-8", "replace"))

    def write(self, path: str, content: str) -> str:
        """Create or overwrite a file, with the folders above it."""
        _refuse_long(content)
        return self._text("write", {"path": path}, content.encode("utf-8", "replace"))

    def patch(self, changes: Sequence[Mapping[str, Any]]) -> str:
        """Carry out a patch, all of it or nothing; show what the changed places look like now."""
        body = json.dumps(changes, ensure_ascii=False).encode("utf-8", "replace")
        return self._text("patch", {}, body)

    def detach(self) -> socket.socket:
        """Give the connection away to whoever will speak on it; this object is of no more use."""
        with self._turn:
            self._closed = True
            self._lost = self._lost or "the sandbox was given away"
            return self._stream.detach()

    def kill(self) -> None:
        """Remove the container at once, from any thread; a pending call raises SandboxLost."""
        self._give_up("the sandbox was ended")

    def halt(self) -> None:
        """End what is being done, from any thread; where nothing is, let only `collect` follow.

        A `collect` that is under way has some seconds more, as its change is worth having.
        """
        self._halted = True
        if self._turn.acquire(blocking=False):
            self._turn.release()
        elif self._doing != "collect":
            self.kill()
        else:
            late = threading.Timer(_HALTED_COLLECT_S, self._kill_if_open)
            late.daemon = True
            late.start()

    def close(self) -> None:
        """Remove the container and everything in it; may be called again."""
        if self._closed:
            return
        self._closed = True
        self.kill()
        with self._turn:
            self._stream.close()

    def _kill_if_open(self) -> None:
        if not self._closed:
            self.kill()

    def _give_up(self, why: str) -> None:
        # Who was first knows best: after a kill, the stream only notices that it was cut.
        self._lost = self._lost or why
        self._stream.shut()
        self._remove()

    def _text(self, op: str, arguments: dict[str, Any], body: bytes = b"") -> str:
        _, text = self._call(op, arguments, [body], _FILE_TOOLS_S)
        return text.decode("utf-8", "replace")

    def _call(
        self,
        op: str,
        arguments: dict[str, Any],
        body: Iterable[bytes],
        timeout_s: float,
        *,
        limit: int = MAX_BODY,
    ) -> tuple[dict[str, Any], bytes]:
        with self._turn:
            self._doing = op
            if self._lost or (self._halted and op != "collect"):
                raise SandboxLost(self._lost or "the work was halted")
            deadline = time.monotonic() + timeout_s
            try:
                return self._ask(op, arguments, body, deadline, limit)
            except SandboxLost as error:
                # Whether the container can be removed now is not what the caller asked.
                with suppress(SandboxError):
                    self._give_up(str(error))
                raise SandboxLost(self._lost) from error

    def _ask(
        self,
        op: str,
        arguments: dict[str, Any],
        body: Iterable[bytes],
        deadline: float,
        limit: int,
    ) -> tuple[dict[str, Any], bytes]:
        number = secrets.randbits(52)
        header = {"id": number, "op": op, **arguments}
        # One piece is sent behind, so that a short request is one frame.
        waiting = b""
        for piece in _pieces(body):
            if waiting:
                self._stream.send({**header, "more": True}, waiting, deadline)
                header = {}
            waiting = piece
        self._stream.send({**header, "more": False}, waiting, deadline)
        return self._answer(number, deadline, limit)

    def _answer(self, number: int, deadline: float, limit: int) -> tuple[dict[str, Any], bytes]:
        collected = bytearray()
        while True:
            header, body = self._stream.receive(deadline)
            if header.get("id") != number:
                raise self._broken("an answer to a question that was not asked")
            collected += body
            if len(collected) > limit:
                raise self._broken("an answer over the limit")
            if not header.get("more"):
                break
            # Full pieces only, so that a flood of small ones cannot keep this side busy.
            if len(body) < MAX_BODY:
                raise self._broken("a piece of an answer that is not full")
        if refused := header.get("refused"):
            raise ToolRefused(_words(refused))
        return header, bytes(collected)

    def _broken(self, what: str) -> SandboxLost:
        return SandboxLost(f"the sandbox broke the protocol: {what}")


def _pieces(body: Iterable[bytes]) -> Iterator[bytes]:
    for part in body:
        for start in range(0, len(part), MAX_BODY):
            yield part[start : start + MAX_BODY]


def _words(told: object) -> str:
    """Return what the tool server gave as a reason, fit to be written down."""
    return str(told)[:_REASON].encode("utf-8", "replace").decode()


def _refuse_long(*texts: str) -> None:
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    if size > MAX_TEXT:
        raise ToolRefused(f"that is {size:,} bytes of text; the limit is {MAX_TEXT:,}")
