"""The tables, typed; `migrations/` brings a database to this shape."""

from typing import Any

from sqlalchemy import BigInteger, Dialect, Float, LargeBinary, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class SafeText(TypeDecorator[str]):
    """Text that both databases take: no NUL (PostgreSQL refuses it) and no lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's shape
        """Replace what cannot be stored; people's and models' text comes as it likes."""
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class DatabaseTime(FunctionElement[float]):
    """Unix seconds by the database's own clock: leases of several machines are judged by one."""

    type = Float()
    inherit_cache = True


@compiles(DatabaseTime, "sqlite")
def _sqlite_time(_element: DatabaseTime, _compiler: SQLCompiler, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseTime, "postgresql")
def _postgresql_time(_element: DatabaseTime, _compiler: SQLCompiler, **_options: Any) -> str:
    # clock_timestamp, not now(): a transaction that waited for a lock must not judge by old time.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


class Row(DeclarativeBase):
    """What all tables share: nothing but their list."""

    # GitHub's ids have outgrown 32 bits.
    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy
        str: SafeText(),
        int: BigInteger(),
        float: Float(53),
        bytes: LargeBinary(),
    }


class DeliveryRow(Row):
    """A webhook request, as it came."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str]
    payload: Mapped[bytes]
    received_at: Mapped[float]
    state: Mapped[str]
    outcome: Mapped[str]
    handled_at: Mapped[float | None]
    attempts: Mapped[int]
    held_until: Mapped[float]
    thread: Mapped[str]
    """Where it happened, once it was put off: what happened there later has to wait for it."""


class TaskRow(Row):
    """What a person asked for, and how far it is."""

    __tablename__ = "tasks"
    id: Mapped[str] = mapped_column(primary_key=True)
    semantic_key: Mapped[str] = mapped_column(unique=True)
    verb: Mapped[str]
    installation_id: Mapped[int]
    repository_id: Mapped[int]
    repository: Mapped[str]
    issue_number: Mapped[int]
    requester: Mapped[str]
    requester_id: Mapped[int]
    instruction: Mapped[str]
    trigger_comment_id: Mapped[int | None]
    issue: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    explanation: Mapped[str]
    epoch: Mapped[int]
    owner: Mapped[str]
    attempts: Mapped[int]
    lease_expires_at: Mapped[float]
    queued_at: Mapped[float]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    ended_at: Mapped[float | None]
    stop_requested_by: Mapped[str | None]
    status_comment_id: Mapped[int | None]
    base_sha: Mapped[str | None]
    base_branch: Mapped[str | None]
    head_sha: Mapped[str | None]
    branch: Mapped[str | None]
    pull_request_number: Mapped[int | None]
    pull_request_url: Mapped[str | None]
    progress: Mapped[str]
    evidence: Mapped[str | None]
    summary: Mapped[str]
    title: Mapped[str]
    model: Mapped[str]
    wanted_attempts: Mapped[int]
    brief: Mapped[str]
    discards: Mapped[bool]
    action_count: Mapped[int]
    action_head: Mapped[str]


class ActionRow(Row):
    """One entry of the action log; triggers in the database refuse to change or delete it."""

    __tablename__ = "actions"
    task_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[float]
    content: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]


class EffectRow(Row):
    """One write to GitHub, and whether it is done; `effects.EffectState` has the states."""

    __tablename__ = "effects"
    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    attempt: Mapped[str]
    attempts: Mapped[int]
    began_at: Mapped[float]
    done_at: Mapped[float | None]
    result: Mapped[str | None]


class CheckpointRow(Row):
    """The newest state of a task's change, or of one attempt's, compressed."""

    __tablename__ = "checkpoints"
    task_id: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    action_number: Mapped[int]
    base_sha: Mapped[str]
    content: Mapped[bytes]
    saved_at: Mapped[float]


class BaselineRow(Row):
    """What one check said about a base commit in one environment."""

    __tablename__ = "baselines"
    repository_id: Mapped[int] = mapped_column(primary_key=True)
    base_sha: Mapped[str] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(primary_key=True)
    check: Mapped[str] = mapped_column(primary_key=True)
    """A digest of the command."""
    outcome: Mapped[str]
    measured_at: Mapped[float]


class HeardRow(Row):
    """A comment that was written on an issue while a task worked on it."""

    __tablename__ = "heard"
    task_id: Mapped[str] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str]
    text: Mapped[str]
    steers: Mapped[bool]
    taken_at: Mapped[int | None]
    """The step before which the agent was told."""
    heard_at: Mapped[float]
    """Unix seconds, by the clock of whoever heard it; 0 for what was heard in older times."""


class WaitRow(Row):
    """What a task waits for from people, and what they said."""

    __tablename__ = "waits"
    task_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    kind: Mapped[str]
    asked: Mapped[str]
    asked_at: Mapped[float]
    deadline: Mapped[float | None]
    answer: Mapped[str]
    answered_by: Mapped[str]
    answered_at: Mapped[float | None]


class PullRow(Row):
    """What became of a pull request of the bot's, and what people switched on it."""

    __tablename__ = "pulls"
    repository_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    fate: Mapped[str]
    fate_at: Mapped[float | None]
    fate_by: Mapped[str]
    merge_sha: Mapped[str]
    autofix: Mapped[bool | None]


class NamedLeaseRow(Row):
    """Who may do a thing of which there is one, and how long."""

    __tablename__ = "named_leases"
    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    expires_at: Mapped[float]


class PaceRow(Row):
    """Until when GitHub wants to hear nothing from an installation."""

    __tablename__ = "paces"
    installation_id: Mapped[int] = mapped_column(primary_key=True)
    silent_until: Mapped[float]
    times: Mapped[int]
    """How often that came again soon."""


class WriteRow(Row):
    """The moment of one write to GitHub, past or to come."""

    __tablename__ = "writes"
    id: Mapped[str] = mapped_column(primary_key=True)
    installation_id: Mapped[int]
    repository_id: Mapped[int]
    at: Mapped[float]


class BatchRow(Row):
    """Several tasks that were asked for at once, and the comment with the table of them."""

    __tablename__ = "batches"
    id: Mapped[str] = mapped_column(primary_key=True)
    repository_id: Mapped[int]
    issue_number: Mapped[int]
    requester: Mapped[str]
    created_at: Mapped[float]
    comment_id: Mapped[int | None]
    parts: Mapped[str]
    """A JSON list, in their order: what each is, and its task if it got one."""


class RefusalRow(Row):
    """A comment in which something was refused, until it is folded away."""

    __tablename__ = "refusals"
    comment_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    installation_id: Mapped[int]
    repository_id: Mapped[int]
    issue_number: Mapped[int]
    fold_at: Mapped[float]
