"""The models that tasks may be worked on with: one by plain settings, or a file of several."""

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import NoDecode

from bot.sandbox_settings import SandboxSettings

OPENAI_URL = "https://api.openai.com/v1"
type_of_api = Literal["auto", "responses", "chat"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}")


class UnknownModel(Exception):
    """There is no model of this name; the message names those that there are."""


class Model(BaseModel):
    """One model, and all that speaking with it takes."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    name: str
    """What people call it: the name of its part of the file."""
    model: str = Field(min_length=1)
    """The model's name, as its server knows it."""
    base_url: str = OPENAI_URL
    """The model's server; any that speaks OpenAI's API will do."""
    key_env: str = ""
    """The environment variable that holds the server's key; without one, none is sent."""
    api: type_of_api = "auto"
    """Which of the two APIs the server is spoken to with; `auto` finds out."""
    context_window: int = Field(128_000, ge=8_000)
    """How many tokens the model can read at once."""
    price_input: float | None = Field(None, ge=0)
    """The price of a million input tokens, in US dollars."""
    price_cached: float | None = Field(None, ge=0)
    """The price of a million input tokens that the server had in its cache."""
    price_output: float | None = Field(None, ge=0)
    """The price of a million output tokens, in US dollars."""
    effort: str | None = Field(None, pattern=r"^[a-z]{1,20}$")
    """How hard the model is asked to think, in its server's word, such as `low` or `high`."""
    stream: bool = False
    """Ask a chat server for its reply bit by bit, for a proxy that cuts silent connections."""
    api_key: SecretStr = Field(SecretStr(""), exclude=True)
    """The key itself; it never stands in the file."""

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return without_slash(url)

    @property
    def has_prices(self) -> bool:
        """Whether what it costs can be said."""
        return self.price_input is not None and self.price_output is not None

    @property
    def lacks_key(self) -> bool:
        """Whether a key should be there and is not; OpenAI itself answers nobody without one."""
        return not self.api_key.get_secret_value() and (
            bool(self.key_env) or self.base_url == OPENAI_URL
        )

    @property
    def shown(self) -> str:
        """Return what people are told of it: its name, and what its server calls it."""
        return self.name if self.name == self.model else f"{self.name} ({self.model})"


def without_slash(url: str) -> str:
    """Return an address that parts can be added to; ValueError if it is none of the web's."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return url.rstrip("/")


def chosen(models: Sequence[Model], name: str) -> Model:
    """Return the model of this name, the first without one; UnknownModel if there is none."""
    for model in models:
        if not name or model.name.lower() == name.lower():
            return model
    known = ", ".join(model.name for model in models) or "none"
    raise UnknownModel(f"there is no model {name!r}; there is: {known}")


def shown(models: Sequence[Model], name: str) -> str:
    """Return what people are told of the model of this name, whether or not there still is one."""
    try:
        return chosen(models, name).shown
    except UnknownModel:
        return name


def read_models(path: Path) -> tuple[Model, ...]:
    """Read a file of models, the first of which is taken where nobody chooses.

    ValueError says what is wrong with which part of it.
    """
    try:
        parts = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is not TOML: {error}") from error
    models = tuple(_model(name, part) for name, part in parts.items())
    if not models:
        raise ValueError(f"{path} names no model")
    if len({model.name.lower() for model in models}) < len(models):
        raise ValueError("two names differ only in the size of their letters")
    return models


def _model(name: str, part: object) -> Model:
    if not isinstance(part, dict) or not _NAME.fullmatch(name):
        raise ValueError(f'{name!r} is no model: each has a part of its own, as in ["gpt-5.2"]')
    if any(isinstance(value, dict) for value in part.values()):
        raise ValueError(f'{name!r}: a name with a dot stands in quotes, as in ["gpt-5.2"]')
    if own := {"name", "api_key"} & part.keys():
        raise ValueError(f"{name}: {own.pop()} does not belong in the file; key_env names a key")
    try:
        return Model(name=name, api_key=_key(part), **part)
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ValueError(f"{name}: {'; '.join(problems)}") from None


def _key(part: dict[str, Any]) -> SecretStr:
    return SecretStr(os.environ.get(str(part.get("key_env") or ""), ""))


class ModelSettings(SandboxSettings):
    """What speaking with a model takes: one model by plain settings, or a file of several."""

    price_input_per_mtok: float | None = Field(None, ge=0)
    """The price of a million input tokens, in US dollars."""
    price_cached_per_mtok: float | None = Field(None, ge=0)
    """The price of a million input tokens that the model's server had in its cache."""
    price_output_per_mtok: float | None = Field(None, ge=0)
    """The price of a million output tokens, in US dollars."""

    models: Annotated[tuple[Model, ...], NoDecode] = ()
    """A file of several models to choose from, instead of the one below."""
    model: str = Field("", validation_alias=AliasChoices("MODEL", "model"))
    """`MODEL`: the name of the model, as its server knows it."""
    openai_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key")
    )
    """`OPENAI_API_KEY`: the key for the model's server."""
    openai_base_url: str = Field(
        OPENAI_URL,
        validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"),
    )
    """`OPENAI_BASE_URL`: the model's server; any that speaks OpenAI's API will do."""
    model_api: type_of_api = "auto"
    """Which of the two APIs the model's server is spoken to with; `auto` finds out."""
    model_context_window: int = Field(128_000, ge=8_000)
    """How many tokens the model can read at once."""
    model_stream: bool = False
    """Ask a chat server for its reply bit by bit, for a proxy that cuts silent connections."""
    model_effort: str | None = Field(None, pattern=r"^[a-z]{1,20}$")
    """How hard the model is asked to think, in its server's word, such as `low` or `high`."""

    @field_validator("openai_base_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return without_slash(url)

    @field_validator("models", mode="before")
    @classmethod
    def _file_of_models(cls, value: object) -> object:
        return read_models(Path(value)) if isinstance(value, str | Path) else value

    def choices(self) -> tuple[Model, ...]:
        """Return the models that a task may be worked on with, the usual one first."""
        if self.models or not self.model:
            return self.models
        one = Model(
            name=self.model,
            model=self.model,
            base_url=self.openai_base_url,
            key_env="OPENAI_API_KEY" if self.openai_api_key.get_secret_value() else "",
            api=self.model_api,
            context_window=self.model_context_window,
            price_input=self.price_input_per_mtok,
            price_cached=self.price_cached_per_mtok,
            price_output=self.price_output_per_mtok,
            effort=self.model_effort,
            stream=self.model_stream,
            api_key=self.openai_api_key,
        )
        return (one,)

    def model_named(self, name: str) -> Model:
        """Return the model of this name, the usual one without a name; raises UnknownModel."""
        return chosen(self.choices(), name)

    def model_keys(self) -> list[str]:
        """List the keys of the models' servers."""
        keys = (self.openai_api_key, *(model.api_key for model in self.models))
        return [key.get_secret_value() for key in keys]
