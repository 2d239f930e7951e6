"""The words of `/agent config`: what holds here, and who says so."""

from collections.abc import Iterable, Sequence

from bot.comments.neutral import cell, code, words
from bot.project import PROJECT_FILE

_MOST_PROBLEMS = 20


def config_comment(
    rows: Iterable[tuple[str, str, str]],
    *,
    branch: str,
    sha: str,
    problems: Sequence[str],
    has_file: bool = True,
) -> str:
    """Return the table of keys, values and sources, under what is wrong with the file."""
    at = f"{code(branch, 100)} at {code(sha[:7], 12)}"
    table = "".join(
        f"| `{key}` | {cell(value, 200)} | {cell(source, 100)} |\n" for key, value, source in rows
    )
    by = (
        f"with `{PROJECT_FILE}` on {at}"
        if has_file
        else f"where {at} says nothing of its own: it has no `{PROJECT_FILE}`, or an empty one"
    )
    return (
        f"{_problems(problems)}What holds here, {by}:\n\n"
        f"| Key | Value | From |\n|:--|:--|:--|\n{table}\n"
        "Where whoever runs this bot and the repository both name a limit, the smaller one holds."
    )


def _problems(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    listed = "\n".join(f"- {words(problem, 500)}" for problem in problems[:_MOST_PROBLEMS])
    return (
        f"**`{PROJECT_FILE}` has mistakes.** What is wrong counts as if it was not said; with a "
        f"mistake outside of `env` and `verify`, nothing new is started.\n\n{listed}\n\n"
    )
