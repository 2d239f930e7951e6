"""What hides or reorders text on a task's page is written out."""

import pytest

from pages.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünï 漢字\n\tcode", "plain ünï 漢字\n\tcode"),
        ("a\u202eb\u200bc", "a\\u{202e}b\\u{200b}c"),
        ("a\x1b[31m\x00", "a\\u{1b}[31m\\u{0}"),
        ("x\u3164\u115fy\u2800", "x\\u{3164}\\u{115f}y\\u{2800}"),
        ("h\ufe01\U000e0101", "h\\u{fe01}\\u{e0101}"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\ud800", "\\u{d800}"),
    ],
)
def test_what_the_eye_cannot_see_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown
