"""The long conversation of one issue, turn by turn, with a photograph of the page at each."""

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from demo.conversation import Turn, open_conversation
from demo.house import House
from tests.fixtures.browser import picture

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(900)]


def test_from_the_plan_to_the_merge(
    house: House, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    seen = []
    story = open_conversation(house)
    for turn in story.turns():
        look(browser, turn, tmp_path / f"{turn.name}.png")
        seen.append(turn.name)
    assert seen == [
        "plan",
        "revised",
        "question",
        "steered",
        "pull-request",
        "review",
        "answered",
        "flake",
        "repaired",
        "merged",
        "closed",
    ]
    check_the_threads(house, story.pull)


def check_the_threads(house: House, number: int) -> None:
    """What was suggested and what was right is done and resolved; the third has its reason."""
    applied, fixed, left = house.stage.github.threads(house.stage.repository, number)
    assert [each["resolved_by"] for each in (applied, fixed, left)] == ["patchbay[bot]"] * 2 + [
        None
    ]
    assert "Applied as suggested in" in applied["comments"][-1]["body"]
    assert "Fixed in" in fixed["comments"][-1]["body"]
    assert "Not changed: the amounts below the total" in left["comments"][-1]["body"]


def look(browser: webdriver.Chrome, turn: Turn, photo: Path) -> None:
    """Photograph the page of a turn, and read on it what is to stand there."""
    browser.get(turn.page)
    picture(browser, photo)
    shown = browser.find_element(By.TAG_NAME, "body").get_attribute("textContent") or ""
    missing = [words for words in turn.says if words not in shown]
    assert missing == [], turn.name
