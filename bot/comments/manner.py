"""The words for options of a command that cannot hold here, or not together."""

from bot.project import PROJECT_FILE


def contrary_options_comment(one: str, other: str) -> str:
    """Say that two options contradict each other."""
    return (
        f"I did not start: `{_option(one)}` and `{_option(other)}` cannot both be. Ask again with "
        "one of them."
    )


def always_draft_comment(command: str) -> str:
    """Say that the repository wants every pull request as a draft."""
    return (
        f"I did not start: `{PROJECT_FILE}` says `pr.draft: true`, so my pull requests are drafts "
        f"here. Without `--ready`, `{command} fix` goes on. Somebody with write access can change "
        "that file."
    )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
