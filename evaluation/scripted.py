"""Plays the model of a run on loopback, for those who want to see whether the judge can judge."""

from collections.abc import Iterator
from contextlib import contextmanager

from demo.model.server import ScriptedModel
from evaluation.gold import read_gold
from evaluation.plays import Play, script_of
from evaluation.run import Plan


@contextmanager
def played(plan: Plan, play: Play) -> Iterator[dict[str, str]]:
    """Serve a model that plays; gives the settings by which it is reached."""
    scripts = [
        script_of(one, read_gold(plan.instances, one.instance_id), play) for one in plan.problems
    ]
    known_by = [script.match for script in scripts]
    if any(one in other for one in known_by for other in known_by if one is not other):
        raise ValueError("two tasks have titles that a played model cannot tell apart")
    with ScriptedModel(scripts) as model:
        yield settings_of(model, f"scripted-{play}")


def settings_of(model: ScriptedModel, name: str) -> dict[str, str]:
    """Return the settings by which a served model is reached."""
    served = {"OPENAI_API_KEY": "none-needed", "OPENAI_BASE_URL": model.base_url, "MODEL": name}
    return served | {"PATCHBAY_MODELS": ""}  # a file of real ones would be asked instead
