"""Writes log records: one line each, as JSON or for a console, through one redacting processor."""

import logging
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.redaction import Redactor

_LONGEST_TEXT = 20_000
_SEARCHED = 100_000
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))}
_ESCAPES |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_ESCAPES |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029, *range(0x202A, 0x202F))}
_ESCAPES |= {code: f"\\u{code:04x}" for code in range(0x2066, 0x206A)}


def configure(
    *,
    log_format: Literal["json", "console"],
    redactor: Redactor,
    level: str = "info",
    stream: TextIO | None = None,
) -> None:
    """Send structlog's records and the standard library's through the same processors."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=True)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _Redacting(redactor, escaping=log_format == "console"),
                render,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


class _Redacting:
    """Removes secrets; for a console, also makes each text one line that it can show."""

    def __init__(self, redactor: Redactor, *, escaping: bool) -> None:
        self._redactor = redactor
        self._escaping = escaping

    def __call__(self, _logger: WrappedLogger, _method: str, record: EventDict) -> EventDict:
        clean = self._redactor.clean_value(_bounded(dict(record)))
        if self._escaping and "exception" in clean:
            # Under its own name the console renderer would give a traceback lines of its own.
            clean["trace"] = clean.pop("exception")
        return {self._text(name): self._plain(value) for name, value in clean.items()}

    def _plain(self, value: Any) -> Any:
        match value:
            case str():
                return self._text(value)
            case dict():
                return {self._text(key): self._plain(item) for key, item in value.items()}
            case list():
                return [self._plain(item) for item in value]
            case _:
                return value

    def _text(self, text: str) -> str:
        if len(text) > _LONGEST_TEXT:
            half = _LONGEST_TEXT // 2
            text = f"{text[:half]} … {text[-half:]}"
        if not self._escaping:
            return text
        return text.translate(_ESCAPES).encode("utf-8", "backslashreplace").decode()


def _bounded(value: Any) -> Any:
    """Cut texts of megabytes before they are searched, far from where they will be cut again."""
    match value:
        case str() if len(value) > 2 * _SEARCHED:
            return f"{value[:_SEARCHED]} … {value[-_SEARCHED:]}"
        case dict():
            return {key: _bounded(item) for key, item in value.items()}
        case list() | tuple():
            return [_bounded(item) for item in value]
        case _:
            return value
