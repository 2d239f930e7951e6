"""Looks at parts of a YAML file with their places, so that a mistake has a line and a key."""

from collections.abc import Iterator

import yaml

from bot.project import MAX_BYTES, PROJECT_FILE, TOO_LARGE

__all__ = ["PROJECT_FILE"]
MAX_COMMAND = 2_000

Node = yaml.Node
_TEXT = "tag:yaml.org,2002:str"
_NOTHING = "tag:yaml.org,2002:null"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_FLAG = "tag:yaml.org,2002:bool"
_YES = ("true", "yes", "on")


class NotReadable(Exception):
    """The file is no YAML at all, or too long; the message is the problem."""


def compose(text: str) -> Node | None:
    """Parse the file into parts that know their lines; nothing is constructed from it."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise NotReadable(f"`{PROJECT_FILE}` {TOO_LARGE}")
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        words = f"`{PROJECT_FILE}`, line {line}: {error.problem or 'not valid YAML'}"
        raise NotReadable(words) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise NotReadable(f"`{PROJECT_FILE}` is not valid YAML") from None


def at(node: Node) -> str:
    """Say where something stands."""
    return f"`{PROJECT_FILE}`, line {line_of(node)}"


def pairs(node: Node | None) -> list[tuple[Node, Node]]:
    """List keys and values; nothing for what has none."""
    return list(node.value) if isinstance(node, yaml.MappingNode) else []


def items(node: Node) -> list[Node]:
    """List the entries of a list; one value alone is a list of one."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def section(root: Node | None, name: str) -> Node | None:
    """Return the value under a key, if there is one."""
    return next((value for key, value in pairs(root) if shown(key) == name), None)


def is_nothing(node: Node | None) -> bool:
    """Say whether a key was left without a value."""
    return node is None or node.tag == _NOTHING


def text_of(node: Node) -> str | None:
    """Return a value that is text; `3` and `yes` are not."""
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag == _TEXT else None


def number_of(node: Node) -> float | None:
    """Return a value that is a number."""
    if not isinstance(node, yaml.ScalarNode) or node.tag not in _NUMBERS:
        return None
    try:
        return float(node.value)
    except ValueError:
        return None


def flag_of(node: Node) -> bool | None:
    """Return a value that is yes or no."""
    if not isinstance(node, yaml.ScalarNode) or node.tag != _FLAG:
        return None
    return str(node.value).lower() in _YES


def is_mapping(node: Node) -> bool:
    """Say whether a value is keys with values."""
    return isinstance(node, yaml.MappingNode)


def line_of(node: Node) -> int:
    """Return the number of the line that something stands in, the first being 1."""
    return int(node.start_mark.line) + 1


def as_written(node: Node) -> str:
    """Return a value as one line, the way it would be written short; only to be shown."""
    match node:
        case yaml.SequenceNode():
            return f"[{', '.join(as_written(each) for each in node.value)}]"
        case yaml.MappingNode():
            pairs_ = (f"{shown(key)}: {as_written(value)}" for key, value in node.value)
            return f"{{{', '.join(pairs_)}}}"
        case _:
            return str(node.value)


def unknown_keys(node: Node, prefix: str, known: tuple[str, ...]) -> Iterator[str]:
    """Name each key that is not known or stands there twice."""
    if not isinstance(node, yaml.MappingNode):
        what = f"`{prefix[:-1]}`" if prefix else "the file"
        yield f"{at(node)}: {what} has to be keys with values"
        return
    seen = set()
    for key, _ in node.value:
        name = shown(key)
        if name not in known:
            yield f"{at(key)}: `{prefix}{name}` is not known; known are {', '.join(known)}"
        elif name in seen:
            yield f"{at(key)}: `{prefix}{name}` stands there twice"
        seen.add(name)


def bad_command(value: Node, name: str) -> str:
    """Say what is wrong with a command, or nothing."""
    where, command = f"{at(value)}: `{name}`", text_of(value)
    if command is None:
        return f"{where} has to be a command, as text"
    if not command.strip():
        return f"{where} is empty"
    if len(command) > MAX_COMMAND or "\0" in command:
        return f"{where} is longer than {MAX_COMMAND} characters"
    return ""


def shown(key: Node) -> str:
    """Return a key as it can be shown: a word without what would disturb a log."""
    if not isinstance(key, yaml.ScalarNode):
        return "(not a word)"
    return "".join(c for c in str(key.value) if c.isprintable() and c != "`")[:60]
