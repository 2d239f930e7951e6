"""What an operator chooses: a field and a sentence per setting, read from the environment."""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AliasChoices,
    Field,
    FilePath,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import NoDecode

from bot.model_settings import ModelSettings, without_slash
from bot.sandbox_settings import (
    KeeperSettings,
    SandboxSettings,
    SettingsError,
    opens,
    passwords,
    variables,
)
from bot.secret_forms import CERTAIN
from records.pacing import Pace

__all__ = [
    "KeeperSettings",
    "ModelSettings",
    "SandboxSettings",
    "Settings",
    "SettingsError",
    "SetupSettings",
    "variable",
]

SHORTEST_WEBHOOK_SECRET = 32


class SetupSettings(SandboxSettings):
    """What prepares a project's environment: a worker, or a person with `script/sandbox`."""

    setup: Literal["on", "off"] = "on"
    """Whether a project's environment is prepared, with a network, before the agent starts."""
    setup_minutes: float = Field(20.0, gt=0)
    """How long the set-up of a project may take."""
    setup_env: Annotated[tuple[str, ...], NoDecode] = ()
    """Variables for a set-up's commands, as `NAME=value`, such as a mirror's address; no keys."""

    @field_validator("setup_env", mode="before")
    @classmethod
    def _variables(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("setup_env")
    @classmethod
    def _no_key_in_a_setup(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        for name, equals, value in (pair.partition("=") for pair in pairs):
            if not (equals and name.isidentifier()):
                raise ValueError("must be NAME=value, several with spaces between them")
            if opens(name, value) or any(re.search(form, value) for _, form in CERTAIN):
                raise ValueError(f"{name} looks like a key: what a set-up has, a project can read")
        return pairs


class Settings(SetupSettings, ModelSettings):
    """All other settings, each from `PATCHBAY_<NAME>` unless its sentence names another."""

    github_app_id: int = Field(gt=0)
    """The number of the GitHub App, from its settings page."""
    github_private_key: SecretStr = SecretStr("")
    """The App's private key as PEM text; line ends may be written as `\\n`."""
    github_private_key_file: FilePath | None = None
    """A file that holds the App's private key, instead of the text itself."""
    webhook_secret: SecretStr
    """The secret that GitHub signs deliveries with; 32 bytes or more, else nothing starts."""
    github_api_url: str = "https://api.github.com"
    """Where the REST API answers; for a GitHub Enterprise Server it ends in `/api/v3`."""
    github_url: str = "https://github.com"
    """Where pages and git repositories are, for links and for fetching."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach this server's own pages, for the links in comments."""

    github_write_seconds: float = Field(1.0, ge=0, le=60)
    """How many seconds lie between two writes to one repository; GitHub asks for one."""
    github_writes_a_minute: int = Field(80, ge=1)
    """How many writes an installation makes in a minute, with all processes; GitHub's limit."""
    github_writes_an_hour: int = Field(500, ge=1)
    """How many writes an installation makes in an hour, with all processes; GitHub's limit."""

    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    """`DATABASE_URL`: a `postgresql://` address; without one, an SQLite file in the data folder."""
    redis_url: str = Field(
        "redis://127.0.0.1:6379/0", validation_alias=AliasChoices("REDIS_URL", "redis_url")
    )
    """`REDIS_URL`: the Redis that carries the queues."""

    history_depth: int = Field(50, ge=1, le=1_000)
    """How many commits of history a task gets with its base commit."""
    mirrors_gb: float = Field(20.0, gt=0)
    """The disk space for the mirrors of repositories, in GiB; the longest unused go first."""

    task_max_turns: int = Field(200, ge=1)
    """How many model calls one task may make."""
    task_max_tokens: int = Field(4_000_000, ge=1)
    """How many tokens one task may use, input and output together."""
    sandbox_command_seconds: int = Field(120, ge=1, le=1800)
    """How long one command may take where the model does not say, in seconds."""
    task_max_minutes: float = Field(60.0, gt=0)
    """How long one task may run."""
    baseline_seconds: float = Field(120.0, ge=0)
    """How long the checks may run on the base commit before the agent starts; 0 for not at all."""
    plan_hours: float = Field(168.0, gt=0, le=8760)
    """How many hours a plan waits to be approved before it is dropped."""
    review: Literal["off", "auto", "always"] = "auto"
    """When a second model call reviews a change: `auto` for larger and riskier ones."""
    apply_patch: Literal["auto", "on", "off"] = "auto"
    """Whether the agent changes files by patches; `auto` for models that OpenAI trained on them."""
    explore: Literal["on", "off"] = "off"
    """Whether the agent may ask helpers with a fresh memory, in sandboxes of their own."""
    github_context: Literal["on", "off"] = "off"
    """Whether the agent may read other issues, pull requests and commits of the repository."""
    review_quiet_seconds: float = Field(45.0, ge=0, le=600)
    """How long nothing may be said in a review before a round over its open threads begins."""
    attempts_most: int = Field(3, ge=1, le=8)
    """How many attempts at one task may be asked for; they share its turns, tokens and money."""
    at_budget_end: Literal["pause", "end"] = "pause"
    """What a task does that has used up what it may: pause and ask for more, or end."""
    budget_most_times: float = Field(5.0, ge=1)
    """How many times its limits a task may come to by `/agent budget`."""
    task_max_usd: float | None = Field(None, gt=0)
    """What one task may cost, in US dollars; needs the two prices."""
    person_tasks_a_day: int = Field(100, ge=1)
    """How many tasks one person may start in a repository within 24 hours."""
    repository_tasks_a_day: int = Field(500, ge=1)
    """How many tasks a repository may have within 24 hours."""
    repository_usd_a_day: float | None = Field(None, gt=0)
    """What the tasks of a repository may cost within 24 hours, in US dollars; needs the prices."""

    command: str = Field("/agent", pattern=r"^/[a-z][a-z0-9-]{1,30}$")
    """The word that a command line begins with."""
    fix_label: str = Field("agent:fix", min_length=1, max_length=50)
    """The label that starts a fix, with whoever sets it as the requester."""
    plan_label: str = Field("agent:plan", min_length=1, max_length=50)
    """The label that starts a plan."""
    ask_label: str = Field("agent:ask", min_length=1, max_length=50)
    """The label that has the issue's own question answered."""
    attempts_label: str = Field("agent:attempts", min_length=1, max_length=45)
    """The label that, with `-2` or another number after it, starts a fix in several attempts."""
    workers: int = Field(2, ge=1, le=64)
    """How many tasks this machine works on at once."""
    least_free_mb: int = Field(1024, ge=0)
    """How much of the disk must be free for a new task to begin, in MiB; until then it waits."""

    @field_validator("github_api_url", "github_url", "public_url")
    @classmethod
    def _no_slash(cls, url: str) -> str:
        return without_slash(url)

    @field_validator("github_private_key_file")
    @classmethod
    def _text(cls, file: FilePath | None) -> FilePath | None:
        try:
            if file is not None:
                file.read_text("utf-8")
        except OSError as closed:
            raise ValueError(f"{file} cannot be read: {closed.strerror}") from closed
        except UnicodeDecodeError as other:
            raise ValueError(f"{file} is no text: GitHub's own file is, in PEM") from other
        return file

    @field_validator("webhook_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value().encode()) < SHORTEST_WEBHOOK_SECRET:
            raise ValueError(f"must have at least {SHORTEST_WEBHOOK_SECRET} bytes")
        return secret

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.github_private_key.get_secret_value() or self.github_private_key_file):
            raise ValueError(
                "PATCHBAY_GITHUB_PRIVATE_KEY or PATCHBAY_GITHUB_PRIVATE_KEY_FILE must be set"
            )
        for name in ("task_max_usd", "repository_usd_a_day"):
            if getattr(self, name) is not None:
                self._need_prices(variable(name))
        return self

    def _need_prices(self, name: str) -> None:
        lacking = [model.name for model in self.models if not model.has_prices]
        if lacking:
            raise ValueError(f"{name} needs the prices of {', '.join(lacking)}")
        prices = (self.price_input_per_mtok, self.price_output_per_mtok)
        if not self.models and None in prices:
            raise ValueError(f"{name} needs both PATCHBAY_PRICE_… settings")

    def pace(self) -> Pace:
        """Return how fast GitHub may be written to."""
        return Pace(
            apart_s=self.github_write_seconds,
            a_minute=self.github_writes_a_minute,
            an_hour=self.github_writes_an_hour,
        )

    def private_key(self) -> str:
        """Return the App's private key as PEM text."""
        if self.github_private_key_file is not None:
            return self.github_private_key_file.read_text("utf-8")
        return self.github_private_key.get_secret_value().replace("\\n", "\n")

    def database(self) -> str:
        """Return the address of the database."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{self.data_dir.resolve() / 'patchbay.db'}"

    def secrets(self) -> list[str]:
        """List every value that must never be written down."""
        return [
            self.webhook_secret.get_secret_value(),
            *self.model_keys(),
            self.private_key(),
            *passwords(self.database_url, self.redis_url),
        ]


def all_fields() -> dict[str, FieldInfo]:
    """Return every setting of every process."""
    return {**Settings.model_fields, **KeeperSettings.model_fields}


def variable(field: str) -> str:
    """Return the environment variable that a field is read from."""
    return variables(field, all_fields()[field])[0]
