"""The name of a branch says what it is for, and means nothing to a shell or to git."""

import re
import subprocess

import pytest

from jobs.pull_request import branch_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Tax is a cent too low", "agent/42-tax-is-a-cent-too-low-k7qp"),
        ("  Tax!! is -- off  ", "agent/42-tax-is-off-k7qp"),
        ("x" * 60, f"agent/42-{'x' * 40}-k7qp"),
        (f"{'x' * 39} more", f"agent/42-{'x' * 39}-k7qp"),
        ("", "agent/42-change-k7qp"),
        ("税金が違う", "agent/42-change-k7qp"),
        ("Größe & Maß", "agent/42-gr-e-ma-k7qp"),
        ("--upload-pack=touch /tmp/x", "agent/42-upload-pack-touch-tmp-x-k7qp"),
        ("a/../../main", "agent/42-a-main-k7qp"),
        ("$(id); `id` | id", "agent/42-id-id-id-k7qp"),
        ("name.lock", "agent/42-name-lock-k7qp"),
        ("two\nlines\x00and \u202emore", "agent/42-two-lines-and-more-k7qp"),
        ("@{-1}", "agent/42-1-k7qp"),
    ],
)
def test_a_branch_is_named_after_issue_title_and_task(title: str, name: str) -> None:
    found = branch_name(42, title, "k7qp")
    assert found == name
    assert re.fullmatch(r"agent/[a-z0-9-]+", found)
    subprocess.run(["git", "check-ref-format", "--branch", found], check=True, capture_output=True)
