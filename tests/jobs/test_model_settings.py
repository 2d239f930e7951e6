"""What an operator sets about the model reaches its server."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic import SecretStr, ValidationError

from bot.comments import Failure
from bot.model_settings import Model, UnknownModel
from bot.redaction import Redactor
from bot.settings import Settings
from demo.model import ScriptedModel
from jobs import run_task as running
from jobs.agent_worker import services_of
from jobs.ending import TaskEnd
from jobs.start import Started
from records.database import Database
from records.task import TaskState
from tests.jobs.conftest import SECRET
from tests.jobs.desk import Desk
from tests.model.conftest import ask


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr(SECRET),
        data_dir=folder,
        docker_host="unix:///nowhere/docker.sock",
        model="scripted",
        **more,
    )


@pytest.mark.parametrize(
    ("more", "stream", "effort"),
    [
        ({}, None, None),
        ({"model_stream": True, "model_effort": "high"}, True, "high"),
    ],
)
def test_streaming_and_effort_are_asked_for_as_set(
    more: dict[str, Any],
    stream: bool | None,
    effort: str | None,
    database: Database,
    tmp_path: Path,
    scripted_model: Callable[..., ScriptedModel],
) -> None:
    model = scripted_model([{"text": "Hello."}])
    chosen = settings(tmp_path, openai_base_url=model.base_url, model_api="chat", **more)
    wire = services_of(Started(chosen, database, Redactor())).open_wire("abcd")
    reply = wire.send(
        "Be kind.",
        [wire.user("Hi.")],
        [],
        deadline_s=20,
        max_output=100,
        stopped=threading.Event(),
    )
    wire.close()
    asked = model.requests[0].parsed
    assert reply.text == "Hello."
    assert asked.get("stream") is stream
    assert asked.get("reasoning_effort") == effort


def test_each_model_has_its_server_its_name_and_its_key(
    database: Database, tmp_path: Path, scripted_model: Callable[..., ScriptedModel]
) -> None:
    one, other = scripted_model([{"text": "One."}]), scripted_model([{"text": "Other."}])
    models = (
        Model(name="one", model="m-1", base_url=one.base_url, api_key=SecretStr("sk-one")),
        Model(name="other", model="m-2", base_url=other.base_url, api_key=SecretStr("sk-other")),
    )
    services = services_of(Started(settings(tmp_path, models=models), database, Redactor()))
    for asked, server, key in (("", one, "sk-one"), ("Other", other, "sk-other")):
        wire = services.open_wire("abcd", asked)
        ask(wire)
        wire.close()
        assert server.requests[-1].headers["authorization"] == f"Bearer {key}"
    assert [one.requests[0].parsed["model"], other.requests[0].parsed["model"]] == ["m-1", "m-2"]
    with pytest.raises(UnknownModel, match="there is: one, other"):
        services.open_wire("abcd", "third")


def test_a_task_whose_model_is_gone_ends_in_words(desk: Desk) -> None:
    def gone(_place: str, model: str = "", _effort: str = "", /) -> NoReturn:
        raise UnknownModel(f"there is no model {model!r}; there is: one")

    services = replace(desk.job.services, open_wire=gone)
    job = replace(desk.job, services=services, task=replace(desk.job.task, model="deep"))
    end = running._end(job)
    assert isinstance(end, TaskEnd)
    assert (end.state, end.reason) == (TaskState.FAILED, Failure.MODEL_UNAVAILABLE.value)
    assert "there is no model 'deep'; there is: one" in end.explanation


@pytest.mark.parametrize("effort", ["", "very high", 'low"', "x" * 21])
def test_an_effort_is_one_word(effort: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        settings(tmp_path, model_effort=effort)
