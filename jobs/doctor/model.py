"""Tries each of the operator's models: does it answer, call a tool, read all, and say its usage."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.model_settings import Model, ModelSettings
from bot.redaction import Redactor
from jobs.doctor.finding import Finding, fail, ok, warning
from jobs.model import (
    BadArguments,
    ModelError,
    ModelErrorKind,
    Patience,
    Reply,
    Stop,
    ToolSpec,
    Wire,
    parse_arguments,
    wire_to,
)

Clean = Callable[[str], str]

_MANUAL = "docs/models.md"
_ANSWERS_S = 180.0
"""A server at home reads its model from the disk first."""
_PATIENCE = Patience(tries=2, try_s=120.0)
_MOST_OUTPUT = 4_000
"""Tokens; a model that thinks does so before it calls."""
_PROMPT_TOKENS = 16_000
"""Of the long prompt: four times what some servers read when nobody sets them up, and a few cents
where models are dear. A server that cuts at more is found out while it works."""
_BYTES_PER_TOKEN = 4
_READ_SHARE = 0.6
"""Of our own guess; plain English has at most six bytes a token, with every tokenizer."""
_SYSTEM = "You are being tried out. Answer with the tool that is asked for, and with nothing else."
_FILLER = "Entry {number}: nothing of note happened, and nobody asked for anything.\n"
_WORDS = ("marmalade", "wicket")
_REPORT = ToolSpec(
    "report",
    "Report one word.",
    {
        "type": "object",
        "properties": {"word": {"type": "string", "description": "The word."}},
        "required": ["word"],
        "additionalProperties": False,
    },
)
_BUSY = 429
_UNWELL = 500
_MENDS = {
    ModelErrorKind.RETRY: "start the server, or mend the address (OPENAI_BASE_URL, base_url)",
    ModelErrorKind.OVERFLOW: "give the server a larger window, or the setting a smaller one",
    ModelErrorKind.QUOTA: "credit for the account at the model's provider",
    ModelErrorKind.CONFIG: f"the model's name, key or address; {_MANUAL} has them by server",
    ModelErrorKind.REFUSED: "another model: this one's provider will not have such requests",
    ModelErrorKind.STOPPED: "ask again",
}


def check_models(settings: ModelSettings) -> Iterator[Finding]:
    """Try every model, with two questions each, over HTTP as a task would."""
    models = settings.choices()
    if not models:
        yield fail("model", "MODEL is not set", "the model's name in MODEL")
    redactor = Redactor(settings.model_keys())
    for model in models:
        yield from _check(model, redactor.clean)


def _check(model: Model, clean: Clean) -> Iterator[Finding]:
    about = f"model {model.name}"
    if model.lacks_key:
        mend = f"the key, or the address of a server that wants none ({_MANUAL})"
        yield fail(about, f"{model.key_env or 'OPENAI_API_KEY'} is not set", mend)
        return
    try:
        wire = wire_to(model, cache_key="patchbay-doctor", patience=_PATIENCE)
    except ModelError as wrong:
        yield _failed(about, "", wrong)
        return
    try:
        yield from _try(_Trial(about, model, wire, clean))
    finally:
        wire.close()


@dataclass(frozen=True)
class _Trial:
    about: str
    model: Model
    wire: Wire
    clean: Clean
    """Takes the keys out of what a server says, before it is cut: half a key is one too."""

    def ask(self, text: str) -> Reply:
        return self.wire.send(
            _SYSTEM,
            [self.wire.user(text)],
            [_REPORT],
            deadline_s=_ANSWERS_S,
            max_output=min(_MOST_OUTPUT, self.model.context_window // 4),
            stopped=threading.Event(),
        )


def _try(trial: _Trial) -> Iterator[Finding]:
    try:
        reply = trial.ask(f"Report the word {_WORDS[0]}.")
    except ModelError as error:
        yield _failed(trial.about, "", error)
        return
    named = reply.model or trial.model.model
    yield ok(trial.about, f"{trial.model.base_url} answers as {named} in {reply.seconds:.1f} s")
    yield _tool_call(trial, reply)
    yield _usage(trial.about, reply)
    yield _long_prompt(trial)


def _tool_call(trial: _Trial, reply: Reply) -> Finding:
    about, clean = trial.about, trial.clean
    word = _reported(reply)
    if word == _WORDS[0]:
        return ok(about, "it calls a tool when asked to")
    if reply.stop is Stop.LENGTH:
        return warning(
            about,
            f"it wrote {_MOST_OUTPUT} tokens and no tool call",
            "a lower effort, if it has one",
        )
    if reply.calls:
        call = reply.calls[0]
        return fail(
            about,
            f"its tool call cannot be read: {clean(call.name)[:40]} {clean(call.arguments)[:80]!r}",
            f"its server's tool-call parser, or the other API ({_MANUAL})",
        )
    said = " ".join(clean(reply.text).split())[:80]
    return fail(
        about,
        f"it calls no tool; it says {said!r}",
        f"a model that knows tools, and its server's tool-call parser ({_MANUAL})",
    )


def _usage(about: str, reply: Reply) -> Finding:
    if reply.usage.estimated:
        return warning(
            about,
            "its server does not say how many tokens were used; they are guessed from bytes",
            f"let the server count ({_MANUAL}); limits and prices hold by the guess until then",
        )
    return ok(about, f"its server says its usage: {reply.usage.input} in, {reply.usage.output} out")


def _long_prompt(trial: _Trial) -> Finding:
    """Send more than a server reads that nobody set up, with a word to find where it cuts first."""
    size = min(_PROMPT_TOKENS, int(trial.model.context_window * 0.7))
    try:
        reply = trial.ask(_long_text(size))
    except ModelError as error:
        when = f"with a prompt of {size:,} tokens: "
        if error.kind is ModelErrorKind.RETRY:
            mend = "a server that reads faster: every turn of a task sends more than this"
            return fail(trial.about, f"{when}{error.message}", mend)
        return _failed(trial.about, when, error)
    usage, guess = reply.usage, reply.sent_bytes // _BYTES_PER_TOKEN
    read = usage.input + usage.cached + usage.cache_write
    found = _reported(reply) == _WORDS[1]
    if not usage.estimated and read < _READ_SHARE * guess:
        return _cut(trial, f"of a prompt of some {guess:,} tokens its server read {read:,}")
    if found:
        return ok(trial.about, f"it reads a prompt of some {guess:,} tokens from its beginning")
    if usage.estimated:
        return _cut(trial, f"it does not know the beginning of a prompt of some {guess:,} tokens")
    return warning(
        trial.about,
        f"its server read all of {read:,} tokens, and it did not find a word at their beginning",
        "a stronger model, if this one also fails at its tasks",
    )


def _cut(trial: _Trial, words: str) -> Finding:
    return fail(
        trial.about,
        f"{words}: the rest was cut off without a word",
        "a larger window at the server (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH), "
        f"{trial.model.context_window} as set here, or a smaller one in the setting",
    )


def _long_text(size: int) -> str:
    """Return a prompt of about so many tokens, whose beginning says what to report."""
    entry = len(_FILLER.format(number=100))
    entries = range(size * _BYTES_PER_TOKEN // entry)
    return (
        f"The word of the day is {_WORDS[1]}.\n"
        + "".join(_FILLER.format(number=number) for number in entries)
        + "Report the word of the day, which the first line says."
    )


def _reported(reply: Reply) -> str:
    """Return the word of the tool call, or nothing if there is none that can be read."""
    for call in reply.calls:
        try:
            values = parse_arguments(call.arguments, _REPORT.parameters).values
        except BadArguments:
            continue
        if call.name == _REPORT.name:
            return str(values["word"]).strip().strip(".").lower()
    return ""


def _failed(about: str, when: str, error: ModelError) -> Finding:
    return fail(about, f"{when}{error.message}", _mend(error))


def _mend(error: ModelError) -> str:
    """Return the mend; a server that answers is at its address, whatever else is wrong."""
    if error.kind is not ModelErrorKind.RETRY or error.status is None:
        return _MENDS[error.kind]
    if error.status == _BUSY:
        wait = f"{error.retry_after_s:.0f} s" if error.retry_after_s else "a while"
        return f"wait {wait}, or have the limit raised at the model's provider"
    if error.status >= _UNWELL:
        return "the server's own log says why it fails; one that is still loading needs time"
    return "ask again"
