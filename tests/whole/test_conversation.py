"""The long conversation of one issue, turn by turn, with a photograph of the page at each."""

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from demo.conversation import Turn, open_conversation
from demo.house import House
from tests.fixtures.browser import picture

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(600)]


def test_from_the_plan_to_the_merge(
    house: House, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    seen = []
    for turn in open_conversation(house).turns():
        look(browser, turn, tmp_path / f"{turn.name}.png")
        seen.append(turn.name)
    assert seen == ["1-plan", "2-revised", "6-pull-request"]


def look(browser: webdriver.Chrome, turn: Turn, photo: Path) -> None:
    """Photograph the page of a turn, and read on it what is to stand there."""
    browser.get(turn.page)
    picture(browser, photo)
    shown = browser.find_element(By.TAG_NAME, "body").get_attribute("textContent") or ""
    missing = [words for words in turn.says if words not in shown]
    assert missing == [], turn.name
