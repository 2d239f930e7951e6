"""Tells what an error of a model server means and what can be done about it.

Servers agree on little, so the status comes first, then the error's code, then its words.
"""

import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import httpx2
import openai

from jobs.model.wire import ModelErrorKind

_WORDS_KEPT = 600
_WORDS_READ = 20_000
_FEW = 3
"""Tries for answers that make no sense: a broken proxy may mend, a wrong address will not."""


class Cure(StrEnum):
    """What may make the server take the same request after all."""

    PARAMETER = "parameter"
    HISTORY = "history"
    REASONING = "reasoning"


@dataclass(eq=False)
class Failure(Exception):
    """One try that failed, and what it means."""

    kind: ModelErrorKind
    """What the error is when no further try helps."""
    message: str
    again: bool
    """Whether another try may help."""
    tries: int | None = None
    """How many tries of this sort are enough, where it is fewer than usual."""
    wait_s: float | None = None
    """How long the server asked to be left alone."""
    status: int | None = None
    """HTTP's number for the error, where the server answered with one."""
    cure: Cure | None = None
    details: str = ""
    """The error in full, in lower case, for finding the parameter that was not liked."""
    param: str = ""
    charged: bool = False
    """The server may have worked on this try, and charge for it."""


def senseless(message: str, *, kind: ModelErrorKind = ModelErrorKind.RETRY) -> Failure:
    """Return the failure for an answer that is no reply at all."""
    charged = kind is not ModelErrorKind.CONFIG
    return Failure(kind, message, again=True, tries=_FEW, charged=charged)


def cut_off(message: str) -> Failure:
    """Return the failure for an answer that began well and did not end."""
    return Failure(ModelErrorKind.RETRY, message, again=True, charged=True)


def from_exception(error: Exception, server: str) -> Failure:
    """Return what an exception of the HTTP client or the openai package means."""
    match error:
        case Failure():
            return error
        case openai.APIStatusError():
            return _from_status(error, server)
        case openai.APIConnectionError():
            return _from_connection(error, server)
        case _:
            words = f"the connection to {server} broke: {_words(error)}"
            return Failure(ModelErrorKind.RETRY, words, again=True, charged=True)


def from_error_body(error: object, server: str) -> Failure:
    """Return what an error object means that came without a fitting status."""
    body: Mapping[str, Any] = error if isinstance(error, Mapping) else {"message": str(error)}
    code = body.get("code")
    status = int(str(code)) if str(code).isdecimal() else None
    return _judge(status, body, f"{server} reported", wait_s=None)


def _from_status(error: openai.APIStatusError, server: str) -> Failure:
    status = error.status_code
    body: Any = error.body
    if isinstance(body, str) and body.startswith("data:"):
        body = _first_event(body)
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if isinstance(body, Mapping):
        body = body.get("error") or body
    if not isinstance(body, Mapping):
        body = {"message": str(body or "")}
    wait_s = asked_wait(error.response.headers, time.time())
    return _judge(status, body, f"{server} answered {status}", wait_s=wait_s)


def _first_event(text: str) -> object:
    """Read an error that came as the event of a stream that was asked for; else the text."""
    line = text.partition("\n")[0].removeprefix("data:")
    try:
        return json.loads(line)
    except ValueError:
        return text


def elsewhere(location: str, server: str) -> Failure:
    """Return the failure for a server that sends its callers somewhere else."""
    words = f"{server} redirects to {location[:200]!r}; the base URL must be the address itself"
    return Failure(ModelErrorKind.CONFIG, words, again=False)


def _from_connection(error: openai.APIConnectionError, server: str) -> Failure:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes) or any(
        "CERTIFICATE_VERIFY_FAILED" in str(cause) for cause in causes
    ):
        words = f"{server} shows a certificate that cannot be trusted: {_words(causes[-1])}"
        return Failure(ModelErrorKind.CONFIG, words, again=False)
    if isinstance(error, openai.APITimeoutError):
        words = f"{server} did not answer in time"
        began = not any(isinstance(cause, httpx2.ConnectTimeout) for cause in causes)
        return Failure(ModelErrorKind.RETRY, words, again=True, tries=_FEW, charged=began)
    words = f"{server} cannot be reached: {_words(causes[-1])}"
    return Failure(ModelErrorKind.RETRY, words, again=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:_WORDS_KEPT]


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Read how long the server asks to be left alone: milliseconds, seconds or a date."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    except (KeyError, ValueError):
        return None


_QUOTA_CODES = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "insufficient_balance",
    "insufficient_credits",
    "exceeded_current_quota_error",
}
_QUOTA_WORDS = re.compile(
    r"current quota|insufficient (balance|credit|funds|quota)|credit balance|spend(ing)? limit"
    r"|out of credits|requires more credits|billing (hard )?limit"
)
_OVERFLOW_CODES = {"context_length_exceeded", "context_window_exceeded", "request_too_large"}
_OVERFLOW_WORDS = re.compile(
    r"maximum context length|max(imum)?[ _]model[ _]len|context length (is|of|exceed)"
    r"|context (size|window|length) .{0,40}exceed|exceed.{0,60}context (size|window|length|limit)"
    r"|(prompt|input|request)( tokens?)? (is |are )?too (long|large)|reduce the length"
    r"|too many (input )?tokens|input token count|input length .{0,40}exceed"
)
_OUTPUT_LIMIT = re.compile(
    r"max_(completion_|output_)?tokens\b.{0,80}(too large|at most|exceeds|less)"
)
_POLICY_CODES = re.compile(
    r"content_filter|content_policy_violation|invalid_prompt|\w+_policy(_violation)?|safety_violation"
)
_POLICY_WORDS = re.compile(
    # A proxy hands on the words and leaves out the code.
    r"content management policy|content ?policy ?violation"
    r"|violat\w+ .{0,60}(content|usage|safety) polic"
)
_REASONING_WORDS = re.compile(
    r"encrypted[ _]content|reasoning item|type 'reasoning'|thought[ _]?signature"
    r"|reasoning_content.{0,60}(not (allowed|supported|permitted)|unexpected|extra)"
)
_HISTORY_WORDS = re.compile(
    r"tool_call_id|tool_calls'? must be followed|must be followed by tool|tool_result|tool_use"
    r"|required following item|no tool (output|call) found|response to a prece(d|ed)ing message"
)
_PARAMETER_CODES = {"unsupported_parameter", "unknown_parameter", "unsupported_value"}
_PARAMETER_WORDS = re.compile(
    r"unsupported|not supported|does ?n[o']t support|unrecognized|unknown|unexpected|extra"
    r"|not permitted|not allowed|not implemented|invalid (parameter|argument|value)|too large"
    r"|at most|less than or equal"
)
_CURES = (
    (Cure.PARAMETER, re.compile(r'"param": "include"')),
    (Cure.REASONING, _REASONING_WORDS),
    (Cure.HISTORY, _HISTORY_WORDS),
    (Cure.PARAMETER, _PARAMETER_WORDS),
)
_BUSY_CODES = {"rate_limit_exceeded", "rate_limit_error", "server_error", "overloaded_error"}
_BUSY_STATUSES = {408, 409, 425, 429}


def _judge(
    status: int | None, body: Mapping[str, Any], opening: str, *, wait_s: float | None
) -> Failure:
    code = str(body.get("code") or body.get("type") or "").lower()
    details = json.dumps(dict(body), ensure_ascii=False, default=str)[:_WORDS_READ]
    message = str(body.get("message") or body.get("detail") or details)[:_WORDS_READ]
    words = f"{opening}: {' '.join(message.split())[:_WORDS_KEPT]}"
    failure = Failure(
        ModelErrorKind.CONFIG,
        words,
        again=False,
        wait_s=wait_s,
        status=status,
        details=details.lower(),
        param=str(body.get("param") or ""),
    )
    if _is_quota(status, code, failure.details, wait_s):
        return replace(failure, kind=ModelErrorKind.QUOTA)
    if _is_busy(status, code):
        too_large = status == 429 and "request too large" in failure.details  # noqa: PLR2004  HTTP's own number
        return (
            replace(failure, kind=ModelErrorKind.OVERFLOW)
            if too_large
            else replace(failure, kind=ModelErrorKind.RETRY, again=True)
        )
    return _judge_refusal(status, code, failure)


def _is_quota(status: int | None, code: str, details: str, wait_s: float | None) -> bool:
    if status == 402 or code in _QUOTA_CODES or '"insufficient_quota"' in details:  # noqa: PLR2004
        return True
    # Some servers speak of a quota for a plain rate limit; then they say how long it lasts.
    return status in {400, 403, 429} and wait_s is None and bool(_QUOTA_WORDS.search(details))


def _is_busy(status: int | None, code: str) -> bool:
    if status is None:
        return code in _BUSY_CODES
    return status in _BUSY_STATUSES or (status >= 500 and status != 501)  # noqa: PLR2004


def _judge_refusal(status: int | None, code: str, failure: Failure) -> Failure:
    """Read what a server will not do, the plainest words first."""
    details = failure.details
    if status in {401, 403, 404, 405} and code not in _OVERFLOW_CODES:
        return failure
    if status == 413 or code in _OVERFLOW_CODES:  # noqa: PLR2004  HTTP's own number
        return replace(failure, kind=ModelErrorKind.OVERFLOW)
    if _OUTPUT_LIMIT.search(details):
        return replace(failure, cure=Cure.PARAMETER)
    if _OVERFLOW_WORDS.search(details):
        return replace(failure, kind=ModelErrorKind.OVERFLOW)
    if _POLICY_CODES.fullmatch(code) or _POLICY_WORDS.search(details):
        return replace(failure, kind=ModelErrorKind.REFUSED)
    return _curable(status, code, failure)


def _curable(status: int | None, code: str, failure: Failure) -> Failure:
    for cure, words in _CURES:
        if words.search(failure.details):
            return replace(failure, cure=cure)
    if code in _PARAMETER_CODES:
        return replace(failure, cure=Cure.PARAMETER)
    # An error without a status came inside a reply, where servers put their own mishaps.
    return replace(failure, kind=ModelErrorKind.RETRY, again=True) if status is None else failure
