"""Writes the JSON Schema by which editors check `.github/agent.yml` while it is written."""

import json
from collections.abc import Mapping
from typing import Any

from jobs.project_file.environment import KEYS as ENVIRONMENT_KEYS
from jobs.project_file.environment import MAX_ENTRIES
from jobs.project_file.keys import KEYS
from jobs.project_file.meanings import MEANINGS, SECTIONS
from jobs.project_file.nodes import MAX_COMMAND
from jobs.project_file.verify import CHECKS

PLACE = "docs/agent.schema.json"
_COMMAND = {"type": "string", "minLength": 1, "maxLength": MAX_COMMAND}
_COMMANDS = {"anyOf": [{"type": "array", "items": _COMMAND, "maxItems": MAX_ENTRIES}, _COMMAND]}
_TEXTS = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
_ENVIRONMENT: Mapping[str, Mapping[str, Any]] = {
    "image": {"type": "string"},
    "setup": _COMMANDS,
    "network_hosts": _TEXTS,
    "packages": _TEXTS,
    "setup_minutes": {"type": "number", "exclusiveMinimum": 0, "maximum": 24 * 60},
}


def schema() -> dict[str, Any]:
    """Return the schema of the whole file."""
    checks = _object("verify", dict.fromkeys(CHECKS, _COMMAND))
    sections: dict[str, Any] = {
        "version": {"const": 1, "description": MEANINGS["version"]},
        "env": _object("env", {key: _ENVIRONMENT[key] for key in ENVIRONMENT_KEYS}),
        "verify": {
            "anyOf": [checks, _COMMAND, {"type": "null"}],
            "description": SECTIONS["verify"],
        },
    }
    for name, keys in KEYS.items():
        sections[name] = _object(name, {key: kind.schema for key, kind in keys.items()})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Patchbay in a repository: .github/agent.yml",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {name: sections[name] for name in ("version", *SECTIONS)},
    }


def as_text() -> str:
    """Return the schema as it stands in the repository."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(section: str, keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "description": SECTIONS[section],
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            key: {"anyOf": [kind, {"type": "null"}], "description": MEANINGS[f"{section}.{key}"]}
            for key, kind in keys.items()
        },
    }
