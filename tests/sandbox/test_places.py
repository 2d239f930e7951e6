"""Which paths the file tools may change."""

import pytest

from jobs.sandbox.inside.frames import Refused
from jobs.sandbox.inside.places import REPO, resolve_writable


def test_a_path_as_deep_as_projects_have_them_is_taken() -> None:
    assert resolve_writable("a/" * 100 + "b") == f"{REPO}/{'a/' * 100}b"


@pytest.mark.parametrize("folders", [300, 1_500, 100_000])
def test_a_path_without_end_is_refused_and_does_not_end_the_server(folders: int) -> None:
    with pytest.raises(Refused, match="more than 200 folders"):
        resolve_writable("a/" * folders + "b")
