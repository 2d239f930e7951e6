"""Chooses the wire for a server, and refuses addresses that no model can live at."""

from urllib.parse import urlsplit

from bot.model_settings import OPENAI_URL, Model, type_of_api
from jobs.model.chat import ChatWire
from jobs.model.responses import ResponsesWire
from jobs.model.sending import Patience, Sender
from jobs.model.wire import ModelError, ModelErrorKind, Preferences, Wire

_OWN_HOSTS = (".openai.com", ".openai.azure.com", ".services.ai.azure.com")
_NO_KEY = "none"
"""Local servers ask for no key; the client will not go without one."""


def wire_to(model: Model, *, cache_key: str, patience: Patience | None = None) -> Wire:
    """Return a wire to one of the operator's models."""
    return open_wire(
        api_key=model.api_key.get_secret_value(),
        base_url=model.base_url,
        model=model.model,
        api=model.api,
        effort=model.effort,
        stream=model.stream,
        cache_key=cache_key,
        patience=patience,
    )


def open_wire(
    *,
    api_key: str,
    base_url: str | None,
    model: str,
    api: type_of_api = "auto",
    effort: str | None = None,
    stream: bool = False,
    cache_key: str | None = None,
    patience: Patience | None = None,
) -> Wire:
    """Return a wire to a model.

    Nothing is connected, and no thread begins, before it is used: it may be opened before a fork.

    `stream` is for chat servers behind a proxy that cuts silent connections; the Responses API
    always streams. `cache_key` tells OpenAI which requests begin alike.
    """
    address = base_url or OPENAI_URL
    host = _host(address)
    if not model:
        raise ModelError(ModelErrorKind.CONFIG, "no model is chosen")
    if not api_key and base_url is None:
        raise ModelError(ModelErrorKind.CONFIG, "OpenAI needs a key, and there is none")
    if not (api_key.isascii() and api_key.isprintable()):
        raise ModelError(ModelErrorKind.CONFIG, "the model's key holds characters that no key has")
    is_openai = f".{host}".endswith(_OWN_HOSTS)
    preferences = Preferences(
        model=model, effort=effort, stream=stream, cache_key=cache_key, is_openai=is_openai
    )
    sender = Sender(api_key or _NO_KEY, address, patience or Patience())
    if api == "responses" or (api == "auto" and is_openai):
        return ResponsesWire(sender, preferences)
    return ChatWire(sender, preferences)


def _host(address: str) -> str:
    url = urlsplit(address)
    if url.scheme not in {"http", "https"} or not url.hostname:
        words = f"a model's address begins with http:// or https://; this one does not: {address}"
        raise ModelError(ModelErrorKind.CONFIG, words)
    return url.hostname
