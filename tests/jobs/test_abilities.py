"""What an agent gets beside its six tools: by the operator's word, by the model, in a real copy."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NoReturn

import pytest

from bot.model_settings import Model
from jobs.abilities import abilities, writes_patches
from jobs.agent.abilities import Abilities, Unavailable
from jobs.ending import TaskFailed
from jobs.sandbox import SandboxError
from jobs.sandbox.engine import Engine
from jobs.workplace import Workplace
from tests.jobs.conftest import MakeJob
from tests.jobs.test_what_checks_are_worth import base_with

OPENAI = "https://api.openai.com/v1"
EUROPE = "https://eu.api.openai.com/v1"


@pytest.mark.parametrize(
    ("model", "address", "setting", "patches"),
    [
        ("gpt-5", OPENAI, "auto", True),
        ("gpt-5.2-codex", OPENAI, "auto", True),
        ("GPT-5-mini", EUROPE, "auto", True),
        ("gpt-12", OPENAI, "auto", True),
        ("ft:gpt-5-mini:acme::x", OPENAI, "auto", True),
        ("gpt-4.1", OPENAI, "auto", False),
        ("gpt-4o", OPENAI, "auto", False),
        ("gpt-oss-120b", OPENAI, "auto", False),
        ("o3", OPENAI, "auto", False),
        ("codex-mini-latest", OPENAI, "auto", False),
        ("gpt-5", "https://acme.openai.azure.com/openai/v1", "auto", False),
        ("gpt-5", "https://openrouter.ai/api/v1", "auto", False),
        ("openai/gpt-5", "http://127.0.0.1:4000/v1", "auto", False),
        ("gpt-5", "https://api.openai.com.example.org/v1", "auto", False),
        ("gpt-5", "https://notopenai.com/v1", "auto", False),
        ("qwen3-coder", "http://127.0.0.1:4000/v1", "on", True),
        ("gpt-5", OPENAI, "off", False),
    ],
)
def test_patches_are_for_models_that_were_trained_on_them(
    model: str, address: str, setting: Literal["auto", "on", "off"], patches: bool
) -> None:
    chosen = Model(name=model, model=model, base_url=address)
    assert writes_patches(chosen, setting) is patches


def given(make_job: MakeJob, **settings: Any) -> Abilities:
    job = make_job()
    told = {"model": "gpt-5", **settings}
    services = replace(job.services, settings=job.services.settings.model_copy(update=told))
    nowhere: Any = None
    return abilities(replace(job, services=services), nowhere, nowhere)


def test_by_itself_an_agent_asks_nobody(make_job: MakeJob) -> None:
    found = given(make_job)
    assert (found.patches, found.helper, found.github) == (True, None, None)


def test_the_setting_alone_does_not_open_github(make_job: MakeJob) -> None:
    """An evaluation hands nothing in, so its agent looks nowhere, whatever the settings say."""
    found = given(make_job, github_context="on", explore="on")
    assert found.github is None
    assert found.helper


class Full:
    """A machine that has no room for one more sandbox."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def sandbox(self) -> NoReturn:
        raise self._error


@pytest.mark.docker
@pytest.mark.timeout(120)
def test_a_copy_has_the_change_and_gives_nothing_back(
    make_job: MakeJob, sandboxes: Engine, sandbox_image: str, tmp_path: Path
) -> None:
    assert sandbox_image
    job = make_job()
    told = {"model": "gpt-5", "explore": "on", "setup": "off"}
    settings = job.services.settings.model_copy(update=told)
    job = replace(job, services=replace(job.services, sandboxes=sandboxes, settings=settings))
    base = base_with({"shop.py": "x = 1\n"}, tmp_path)
    workplace = Workplace(job, base)
    with workplace.sandbox() as own:
        own.write("new.py", "y = 2\n")
        own.exec("sleep 300 & mv shop.py moved.py")
        helper = abilities(job, workplace, own).helper
        assert helper
        with helper.copy() as copy:
            assert copy.exec("cat new.py moved.py; ls shop.py").output.startswith("y = 2\nx = 1\n")
            copy.write("mine.py", "z = 3\n")
            copy.exec("rm new.py")
        assert own.exec("ls; pgrep sleep | wc -l").output.split() == ["moved.py", "new.py", "1"]

        for error in (SandboxError("8 are in use"), TaskFailed("setup_failed", "too large")):  # type: ignore[arg-type]
            none: Any = Full(error)
            full = abilities(job, none, own).helper
            assert full
            with pytest.raises(Unavailable, match="no copy"), full.copy():
                pytest.fail("there is no copy")
        own.exec("head -c 30M /dev/urandom > large")
        with pytest.raises(Unavailable, match="no copy"), helper.copy():
            pytest.fail("what cannot be copied was")
