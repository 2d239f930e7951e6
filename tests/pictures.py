"""Photographs the demo: the issue with the bot's comment, the pull request, and the task's page."""

import os
import tempfile
from pathlib import Path

from demo.house import open_house
from tests.fixtures.browser import open_browser, picture

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


def main() -> None:
    """Run the sample issue once and save three pictures."""
    os.environ.pop("OPENAI_API_KEY", None)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_house(Path(folder) / "logs") as house:
        house.comment(1, "/agent fix this")
        task = house.wait_for_task(1)
        house.wait_for_answer(1, f"#{task['pull_request_number']}")
        driver = open_browser(Path(folder) / "profile")
        try:
            for name, address in (
                ("issue", house.stage.issue_url(1)),
                ("pull-request", task["pull_request_url"]),
                ("task", f"{house.web}/tasks/{task['id']}"),
            ):
                driver.get(address)
                picture(driver, PICTURES / f"{name}.png")
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
