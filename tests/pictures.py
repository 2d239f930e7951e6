"""Photographs the demo: an issue, its pull request, the task's page, parts of a conversation."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from selenium import webdriver

from demo.conversation import Turn, play
from demo.house import House, open_house
from tests.fixtures.browser import cutting, open_browser, picture

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


@dataclass(frozen=True)
class Cut:
    """A part of what a turn of the conversation shows: between the entries with these words."""

    name: str
    first: str
    last: str


CUTS = {
    "revised": Cut("plan", "Plan r2", "Plan r2"),
    "question": Cut("question", "I need 1 decision", "I need 1 decision"),
    "answered": Cut("review", "requested changes", "Round 1 of the review"),
    "repaired": Cut("checks", "connection reset by peer", "It is mended in"),
}


def main() -> None:
    """Run the sample issue and the conversation once, and save the pictures."""
    os.environ.pop("OPENAI_API_KEY", None)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_house(Path(folder) / "logs") as house:
        driver = open_browser(Path(folder) / "profile")
        try:
            _one_fix(house, driver)
            play(house, lambda turn: _cut(driver, turn))
        finally:
            driver.quit()


def _one_fix(house: House, driver: webdriver.Chrome) -> None:
    house.comment(1, "/agent fix this")
    task = house.wait_for_task(1)
    house.wait_for_answer(1, f"#{task['pull_request_number']}")
    for name, address in (
        ("issue", house.stage.issue_url(1)),
        ("pull-request", task["pull_request_url"]),
        ("task", f"{house.web}/tasks/{task['id']}"),
    ):
        driver.get(address)
        picture(driver, PICTURES / f"{name}.png")


def _cut(driver: webdriver.Chrome, turn: Turn) -> None:
    cut = CUTS.get(turn.name)
    if cut is None:
        return
    driver.get(turn.page)
    cutting(driver, PICTURES / f"{cut.name}.png", cut.first, cut.last)


if __name__ == "__main__":
    main()
