import pytest

from jobs.agent.attention import looks_like_a_call, repeats
from jobs.agent.steps import Print


def prints(steps: str) -> list[Print]:
    """`a1` is call a with result 1; a capital letter failed."""
    return [Print(step[0].lower(), step[1:], step[0].isupper()) for step in steps.split()]


@pytest.mark.parametrize(
    ("steps", "times"),
    [
        ("", 0),
        ("a1", 1),
        ("a1 a1 a1", 3),
        ("a1 a2 a3", 1),
        ("b1 a1 a1", 2),
        ("A1 B1 C1", 3),
        ("a1 b1 c1", 1),
        ("A1 B2 C1", 1),
        ("a1 b1 a1 b1 a1 b1", 3),
        ("a1 b1 a1 b2 a1 b1", 1),
        ("c1 a1 b1 a1 b1", 2),
        ("a1 b1 a1 b1 a1 b1 a1 b1 a1 b1 a1 b1", 6),
        ("A1 A1 A1 A1 A1 A1", 6),
    ],
)
def test_what_goes_in_circles_is_counted(steps: str, times: int) -> None:
    assert repeats(prints(steps)) == times


@pytest.mark.parametrize(
    ("text", "is_call"),
    [
        ('<tool_call>{"name": "bash"}</tool_call>', True),
        ("I will run:\n```bash\nls\n```", True),
        ('{"name": "bash", "arguments": {}}', True),
        ("<function=bash>", True),
        ("Done: the bug is fixed.", False),
        ("The `bash` tool says:\n```\nls\n```", False),
    ],
)
def test_a_call_written_as_text_is_noticed(text: str, is_call: bool) -> None:
    assert looks_like_a_call(text) == is_call
