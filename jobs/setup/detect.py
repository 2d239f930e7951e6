"""Finds out how a project is prepared, from its own word or else from what its files give away."""

from collections.abc import Callable
from dataclasses import replace

from jobs.project_file.environment import ProjectEnvironment
from jobs.project_file.nodes import PROJECT_FILE
from jobs.setup.languages import languages
from jobs.setup.manifests import Manifests
from jobs.setup.node_plan import node_plan
from jobs.setup.other_plans import go_plan, make_plan
from jobs.setup.plan import Part, Plan, Step
from jobs.setup.python_manifest import read_manifest
from jobs.setup.python_plan import python_plan

_MOST_FOLDERS = 3
BESIDE = frozenset(
    {
        *("test", "tests", "testing", "testdata", "fixtures", "examples", "example", "docs", "doc"),
        *("demo", "demos", "samples", "benchmarks", "bench", "vendor", "third_party", "templates"),
        *("website", "node_modules", "scripts", "tools", ".github"),
    }
)
"""Folders whose manifests are not the project's own."""


def plan_for(manifests: Manifests, wish: ProjectEnvironment) -> Plan:
    """Say what is to be done; a mistake in the project's file means that nothing is."""
    if wish.problems:
        return Plan(PROJECT_FILE, problems=wish.problems)
    if wish.setup is not None:
        return _declared(manifests, wish)
    found = _detected(manifests)
    return found if not wish.packages else _with_packages(found, wish.packages)


def _declared(manifests: Manifests, wish: ProjectEnvironment) -> Plan:
    in_python = "python" in languages(manifests)
    return Plan(
        PROJECT_FILE,
        tuple(Step(command) for command in wish.setup or ()),
        python=read_manifest(manifests, "").wish if in_python else None,
        makes_venv=in_python,
        builds=True,
        declared=True,
        packages=wish.packages,
    )


def _with_packages(found: Plan, packages: tuple[str, ...]) -> Plan:
    source = ", ".join(filter(None, (PROJECT_FILE, found.source)))
    return replace(found, source=source, packages=packages)


def _detected(manifests: Manifests) -> Plan:
    parts = [part for way in (python_plan, node_plan, go_plan) for part in _parts(manifests, way)]
    if not parts:
        made = make_plan(manifests, in_python="python" in languages(manifests))
        parts = [made] if made else []
    return Plan(
        ", ".join(part.source for part in parts),
        tuple(step for part in parts for step in part.steps),
        python=next((part.python for part in parts if part.python), None),
        makes_venv=any(part.makes_venv for part in parts),
        builds=any(part.builds for part in parts),
    )


def _parts(manifests: Manifests, way: Callable[[Manifests, str], Part | None]) -> list[Part]:
    """Look in the root; where there is nothing, in the folders just below it."""
    if at_root := way(manifests, ""):
        return [at_root]
    folders = sorted({path.split("/")[0] for path in manifests.paths if "/" in path})
    looked = (way(manifests, folder) for folder in folders if folder.lower() not in BESIDE)
    return [part for part in looked if part][:_MOST_FOLDERS]
