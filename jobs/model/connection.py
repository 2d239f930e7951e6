"""Carries one request to the model server and its answer back, within size and time."""

import asyncio
import platform
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import anyio
import httpx2
import openai

from jobs.model.failures import cut_off, elsewhere, from_exception, senseless
from jobs.model.streams import LARGEST_REPLY, EventSplitter, Gatherer, decoded
from jobs.model.wire import ModelErrorKind

_LARGEST_STREAM = 256 * 1024 * 1024
"""Bytes of one stream: a long reply repeats its frame for every few letters."""
_LARGEST_ERROR = 64 * 1024
_LARGEST_COMPRESSED_ERROR = 4 * 1024
"""The openai package unpacks errors by itself, a thousandfold at the most."""
_CONNECT_S = 10.0
_KEPT_OPEN_S = 60.0
_DRAIN_S = 0.5
_BROKEN = (httpx2.HTTPError, OSError, anyio.EndOfStream, anyio.BrokenResourceError)
_HEADERS = {
    "Content-Type": "application/json",
    # A compressed reply could grow a thousandfold in memory before anybody has counted it.
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True)
class Answer:
    """A reply as JSON, before anybody has asked what it means."""

    value: dict[str, Any]
    request_id: str
    sent: int
    received: int


class Connection:
    """A client for one server that keeps its connections open; it belongs to one event loop."""

    def __init__(self, api_key: str, base_url: str) -> None:
        url = httpx2.URL(base_url)
        self.server = url.netloc.decode("ascii")
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            default_headers={"User-Agent": f"patchbay (Python {platform.python_version()})"},
            http_client=httpx2.AsyncClient(
                # A redirect would carry the history, and perhaps the key, to a server nobody chose.
                follow_redirects=False,
                # Without TLS there is nothing to verify, and reading the authorities takes time.
                verify=url.scheme == "https",
                # Longer than most tools run, so that the next turn finds its connection open.
                limits=httpx2.Limits(keepalive_expiry=_KEPT_OPEN_S),
                event_hooks={"response": [self._refuse_redirect, _bound]},
            ),
        )

    async def post(
        self, path: str, body: bytes, *, gatherer: Callable[[str], Gatherer], idle_s: float
    ) -> Answer:
        """Send `body` and return the whole reply; raises Failure."""
        try:
            response = await self._client.post(
                path,
                cast_to=httpx2.Response,
                content=body,
                options={
                    "headers": _HEADERS,
                    "timeout": httpx2.Timeout(idle_s, connect=_CONNECT_S),
                },
                stream=True,
            )
            try:
                value = await self._read(response, gatherer)
            finally:
                await response.aclose()
        except (openai.OpenAIError, *_BROKEN) as error:
            raise from_exception(error, self.server) from error
        return Answer(
            value=value,
            request_id=_request_id(response.headers),
            sent=len(body),
            received=response.num_bytes_downloaded,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _refuse_redirect(self, response: httpx2.Response) -> None:
        if response.is_redirect:
            raise elsewhere(response.headers.get("location", ""), self.server)

    async def _read(
        self, response: httpx2.Response, gatherer: Callable[[str], Gatherer]
    ) -> dict[str, Any]:
        kind = response.headers.get("content-type", "").lower()
        if "text/event-stream" in kind:
            return await self._read_stream(response, gatherer(self.server))
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_REPLY:
                raise senseless(f"{self.server} sent a reply of more than 32 MiB")
        if "text/html" in kind or body.lstrip()[:1] == b"<":
            raise senseless(
                f"{self.server} answered with a web page; check the base URL",
                kind=ModelErrorKind.CONFIG,
            )
        return decoded(body, f"the reply of {self.server}")

    async def _read_stream(self, response: httpx2.Response, gather: Gatherer) -> dict[str, Any]:
        splitter, chunks = EventSplitter(), response.aiter_bytes()
        try:
            async for chunk in chunks:
                if any(gather.take(name, data) for name, data in splitter.feed(chunk)):
                    await _drain(chunks)
                    break
        except (*_BROKEN, openai.OpenAIError) as error:
            if not gather.whole:
                raise cut_off(f"the stream of {self.server} broke off: {error}") from error
        finally:
            await chunks.aclose()
        return gather.reply()


def _request_id(headers: httpx2.Headers) -> str:
    """Return what the server's own people would ask for."""
    names = ("x-request-id", "request-id", "x-litellm-call-id", "apim-request-id")
    return next((headers[name] for name in names if name in headers), "")


async def _drain(chunks: AsyncGenerator[bytes]) -> None:
    """Read to the end, so that the connection can be used again; it is not waited for long."""
    with suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in chunks:
                pass


async def _bound(response: httpx2.Response) -> None:
    """Count what a response brings, before any part of it is kept."""
    if not isinstance(response.stream, httpx2.AsyncByteStream):
        return
    if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        is_plain = response.headers.get("content-encoding", "identity") == "identity"
        limit = _LARGEST_ERROR if is_plain else _LARGEST_COMPRESSED_ERROR
        response.stream = _Bounded(response.stream, limit, cuts=True)
    elif "text/event-stream" in response.headers.get("content-type", "").lower():
        response.stream = _Bounded(response.stream, _LARGEST_STREAM)
    else:
        response.stream = _Bounded(response.stream, LARGEST_REPLY)


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends, or fails, after so many bytes."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int, *, cuts: bool = False) -> None:
        self._stream = stream
        self._left = limit
        self._cuts = cuts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            if len(chunk) > self._left:
                if not self._cuts:
                    raise senseless("the model server sent more than one reply can be")
                yield chunk[: self._left]
                return
            self._left -= len(chunk)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
