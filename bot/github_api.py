"""One token's way to GitHub's REST and GraphQL APIs; the only user of PyGithub."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import github
import requests
from github.Requester import Requester
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Retry

from bot.github_errors import NotFound, Unavailable, from_answer, from_graphql, unclear
from records.effects import Ambiguous

_READ_TIMEOUT_S = 5
_WRITE_TIMEOUT_S = 15
"""Longer than GitHub's own ten seconds, after which it may still answer; an effect's patience is
longer still."""
_FIRST_NO_SUCCESS = 300
_REDIRECTS = range(300, 400)
_PER_PAGE = 100
_PAGES = 30
_NEXT_CURSOR = re.compile(r'[?&]cursor=([^&>]+)[^>]*>;\s*rel="next"')
_DOWNLOAD_S = 20.0
_CHUNK = 64 * 1024


class GitHubApi:
    """What one token may ask."""

    def __init__(self, api_url: str, token: str) -> None:
        self._api_url = api_url
        self._token = token
        self._reads = _requester(api_url, token, _READ_TIMEOUT_S)
        self._writes = _requester(api_url, token, _WRITE_TIMEOUT_S)

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""
        return self._send("GET", path, parameters=dict(parameters))

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list, page after page, up to a bound."""
        for page in range(1, _PAGES + 1):
            items = self.get(path, **parameters, per_page=_PER_PAGE, page=page)
            yield from items
            if len(items) < _PER_PAGE:
                return

    def from_cursor(self, path: str, cursor: str = "", **parameters: str | int) -> tuple[Any, str]:
        """Read a page of a list that has no numbers, and the cursor of the next (or nothing)."""
        asked = dict(parameters) | ({"cursor": cursor} if cursor else {})
        headers, data = self._exchange("GET", path, parameters=asked)
        found = _NEXT_CURSOR.search(headers.get("link", ""))
        return data, unquote(found[1]) if found else ""

    def tail_of_download(self, path: str, limit: int) -> bytes:
        """Read the last bytes of a file that GitHub keeps elsewhere and sends us to.

        The other place gets no token, and only as long as it takes to send a few megabytes.
        """
        try:
            return _tail(self._place_of_download(path), limit)
        except requests.RequestException as error:
            raise Unavailable("the download did not come") from error

    def _place_of_download(self, path: str) -> str:
        sent = requests.get(
            f"{self._api_url}{path}",
            headers={"Authorization": f"Bearer {self._token}", "User-Agent": "patchbay"},
            timeout=_READ_TIMEOUT_S,
            allow_redirects=False,
        )
        if sent.status_code not in _REDIRECTS:
            raise from_answer("GET", sent.status_code, sent.headers, None)
        place = sent.headers.get("Location", "")
        if urlsplit(place).scheme not in {"https", urlsplit(self._api_url).scheme}:
            raise NotFound("the download lies at no address that can be asked")
        return place

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""
        return self._send("POST", path, body=dict(fields))

    def put(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Set something."""
        return self._send("PUT", path, body=dict(fields))

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""
        return self._send("PATCH", path, body=dict(fields))

    def delete(self, path: str) -> None:
        """Remove something."""
        self._send("DELETE", path)

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query and return its data."""
        body = {"query": text, "variables": dict(variables)}
        try:
            data = self._send("POST", self._writes.graphql_url, body=body)
            if errors := data.get("errors"):
                raise from_graphql(errors)
        except Ambiguous as unclear_end:
            raise Unavailable(str(unclear_end)) from unclear_end  # a question changes nothing
        return data["data"]

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run one GraphQL mutation and return its payload."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {answer} }} }}"
        body = {"query": query, "variables": {"input": dict(fields)}}
        data = self._send("POST", self._writes.graphql_url, body=body)
        if errors := data.get("errors"):
            raise from_graphql(errors)
        return data["data"][name]

    def _send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Any:
        return self._exchange(method, path, parameters=parameters, body=body)[1]

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
    ) -> tuple[Mapping[str, str], Any]:
        requester = self._reads if method == "GET" else self._writes
        try:
            # Not the one that checks: it takes a redirect of a write for an answer.
            status, headers, text = requester.requestJson(
                method, path, parameters=parameters, input=body
            )
        except requests.ConnectionError as error:
            if method == "GET" or _never_sent(error):
                raise Unavailable("GitHub cannot be reached") from error
            raise Ambiguous("the connection was lost before GitHub answered") from error
        except (requests.RequestException, ValueError) as error:
            raise unclear(method, "GitHub's answer did not come") from error
        try:
            data = json.loads(text) if text else None
        except ValueError as error:
            if status < _FIRST_NO_SUCCESS:
                raise unclear(method, "GitHub's answer cannot be read") from error
            data = None
        if status >= _FIRST_NO_SUCCESS:
            raise from_answer(method, status, headers, data)
        return headers, data


def _requester(api_url: str, token: str, timeout_s: int) -> Requester:
    # Only reads are tried again: GitHub may answer 500 to a write that it has carried out.
    # Rate limits are never slept through here; whoever asked decides when to come back.
    retry = Retry(
        total=3,
        redirect=0,
        other=0,
        allowed_methods={"GET"},
        status_forcelist={500, 502, 503, 504},
        backoff_factor=0.2,
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    return github.Github(
        auth=github.Auth.Token(token),
        base_url=api_url,
        retry=retry,
        timeout=timeout_s,
        user_agent="patchbay",
        seconds_between_requests=None,
        seconds_between_writes=None,
    ).requester


def _never_sent(error: requests.ConnectionError) -> bool:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def _tail(place: str, limit: int) -> bytes:
    ends_at = time.monotonic() + _DOWNLOAD_S
    kept = bytearray()
    with requests.get(place, timeout=_READ_TIMEOUT_S, allow_redirects=False, stream=True) as answer:
        if answer.status_code >= _FIRST_NO_SUCCESS:
            raise NotFound(f"{answer.status_code}: the download is gone")
        for chunk in answer.iter_content(_CHUNK):
            kept += chunk
            del kept[:-limit]
            if time.monotonic() > ends_at:
                break
    return bytes(kept)
