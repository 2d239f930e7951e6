"""What a person sees and does on the local GitHub, in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from demo.github.acts.conversation import add_comment, edit_comment
from demo.github.acts.reviews import NewReviewComment, add_review_comment
from demo.github.present.pulls import PullRequest
from tests.demo_github.pages_site import Site, running_site
from tests.fixtures.browser import open_browser, picture

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for this module: each test works on issues of its own."""
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


def console(driver: Chrome) -> list[dict[str, Any]]:
    """What the console says, once: it is empty afterwards."""
    return list(driver.get_log("browser"))  # type: ignore[no-untyped-call]


class Page:
    """The browser on one site."""

    def __init__(self, driver: Chrome, site: Site) -> None:
        self.driver = driver
        self.site = site

    def open(self, path: str) -> None:
        self.driver.get(self.site.url + path)

    def one(self, selector: str, text: str = "") -> WebElement:
        """The first element that fits and shows the text, waited for."""

        def look(driver: Chrome) -> WebElement | None:
            found = driver.find_elements(By.CSS_SELECTOR, selector)
            return next((each for each in found if text in each.text), None)

        # The page may replace an element between finding it and reading its text.
        waiting = WebDriverWait(self.driver, 15, 0.05, [StaleElementReferenceException])
        return waiting.until(look, f"{selector} with “{text}”")  # type: ignore[return-value]

    def gone(self, selector: str) -> None:
        waiting = WebDriverWait(self.driver, 15, 0.05)
        waiting.until_not(lambda driver: driver.find_elements(By.CSS_SELECTOR, selector))

    def act_as(self, login: str) -> None:
        self.one(".identity summary").click()
        self.one(f".identity button[value={login}]").click()
        self.one(".identity summary", login)


@pytest.fixture
def page(chromium: Chrome, site: Site) -> Iterator[Page]:
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    console(chromium)
    yield Page(chromium, site)
    # The console tells of scripts that failed and of what the content security policy stopped.
    refused = [each["message"] for each in console(chromium) if each["level"] == "SEVERE"]
    # A page left open would go on asking a site that has stopped.
    chromium.get("about:blank")
    assert refused == []


def test_a_comment_typed_as_somebody_appears_and_goes_to_the_app(page: Page) -> None:
    issue = page.site.issue()
    page.open(f"/maria/shop/issues/{issue.number}")
    Select(page.one("#comment-as")).select_by_value("li")
    page.one("#comment-body").send_keys("/agent fix this, **please**")
    page.one("#post-comment").click()
    comment = page.one("#timeline .comment", "/agent fix this, please")
    assert comment.find_element(By.CSS_SELECTOR, "header .who").text == "li"
    assert comment.find_element(By.CSS_SELECTOR, ".markdown strong").text == "please"
    told = page.site.listener.wait_for("issue_comment", "created")
    assert told["comment"]["body"] == "/agent fix this, **please**"
    assert told["sender"]["login"] == "li"
    assert page.one(".identity summary").text == "li"


def test_the_page_follows_the_bot_and_keeps_what_is_typed(page: Page, tmp_path: Path) -> None:
    issue, site = page.site.issue(), page.site
    with site.state.lock:
        text = "### Working\n\n<details><summary>Log</summary>\n\none step\n\n</details>"
        said = add_comment(site.state, site.repository, issue, site.bot, text)
    page.open(f"/maria/shop/issues/{issue.number}")
    page.one("#timeline summary", "Log").click()
    page.one("#comment-body").send_keys("half a thought")
    with site.state.lock:
        better = text.replace("Working", "Done").replace("one step", "two steps")
        edit_comment(site.state, site.repository, issue, said, site.bot, better)
        add_comment(site.state, site.repository, issue, site.actor("li"), "Thanks!")
    page.one("#timeline .comment h3", "Done")
    page.one("#timeline .comment", "Thanks!")
    assert page.one("#timeline details").get_attribute("open") is not None
    assert page.one("#timeline details", "two steps").is_displayed()
    page.one(f"#issuecomment-{said.id} header .edited", "edited")
    assert page.one("#comment-body").get_attribute("value") == "half a thought"
    picture(page.driver, tmp_path / "issue.png")
    assert (tmp_path / "issue.png").read_bytes().startswith(b"\x89PNG")


def test_labels_go_on_and_off_as_the_chosen_person(page: Page) -> None:
    issue = page.site.issue()
    page.open(f"/maria/shop/issues/{issue.number}")
    page.act_as("sam")
    page.one("#label-name").send_keys("agent:fix")
    page.one("#add-label").click()
    page.one("#labels .label", "agent:fix")
    page.one("#timeline .event", "sam added the agent:fix label")
    told = page.site.listener.wait_for("issues", "labeled")
    assert (told["label"]["name"], told["sender"]["login"]) == ("agent:fix", "sam")
    page.one("#labels button[value='agent:fix']").click()
    page.one("#timeline .event", "sam removed the agent:fix label")
    page.gone("#labels .label")
    assert page.site.listener.wait_for("issues", "unlabeled")["sender"]["login"] == "sam"


def test_a_reader_is_refused_a_label_and_told_why(page: Page) -> None:
    issue = page.site.issue()
    page.open(f"/maria/shop/issues/{issue.number}")
    page.act_as("vera")
    page.one("#label-name").send_keys("agent:fix")
    page.one("#add-label").click()
    assert "vera has the role “read”" in page.one(".sorry").text
    assert issue.labels == []
    console(page.driver)  # the console notes the 403


def test_a_new_issue_comes_from_the_form(page: Page) -> None:
    page.open("/maria/shop/issues")
    page.one("a.button", "New issue").click()
    page.one("#title").send_keys("Receipts are upside down")
    page.one("#body").send_keys("- [ ] turn them")
    page.one("input[value=bug]").click()
    page.one("#create").click()
    page.one("h1", "Receipts are upside down #1")
    assert page.one("#labels .label").text == "bug"
    assert not page.one(".task-box").is_enabled()
    told = page.site.listener.wait_for("issues", "opened")
    assert told["issue"]["title"] == "Receipts are upside down"
    page.open("/maria/shop/issues")
    page.one("#row-1 .title", "Receipts are upside down").click()
    page.one("#issue-heading, h1", "#1")


def test_an_issue_is_closed_and_opened_again(page: Page) -> None:
    issue = page.site.issue()
    page.open(f"/maria/shop/issues/{issue.number}")
    page.one("button[value=closed]").click()
    page.one(".state.closed", "Closed")
    page.site.listener.wait_for("issues", "closed")
    page.one("button[value=open]").click()
    page.one(".state.open", "Open")
    page.one("#timeline .event", "maria reopened this")


def test_a_pull_request_shows_its_diff_and_is_merged(page: Page) -> None:
    issue, pull = page.site.issue(), page.site.pull()
    page.open(f"/maria/shop/issues/{issue.number}")
    page.one("#development a", "Round the tax #2").click()
    page.one(".state.draft", "Draft")
    assert page.one("#timeline .commit .verified").text == "Verified"
    page.one(".tabs.inner a", "Files changed").click()
    old, new = page.one("tr.delete"), page.one("tr.add")
    assert old.text.strip() == "return int(net * 0.19)"
    assert new.text.strip() == "return round(net * 0.19)"
    assert (old.get_attribute("data-line"), new.get_attribute("data-line")) == ("5", "5")
    assert page.one(".summary-line .stat").text == "+1 \N{MINUS SIGN}1"
    page.one(".tabs.inner a", "Commits").click()
    page.one(".row-commit", "and Maria committed")
    page.one(".tabs.inner a", "Conversation").click()
    page.one("#ready").click()
    page.site.listener.wait_for("pull_request", "ready_for_review")
    page.one("#merge").click()
    page.one(".state.merged", "Merged")
    assert page.site.listener.wait_for("pull_request", "closed")["pull_request"]["merged"] is True
    assert (pull.state, issue.state) == ("closed", "closed")
    page.open(f"/maria/shop/pull/{pull.number}/files")
    page.one("tr.add", "return round(net * 0.19)")


def test_a_review_with_a_comment_on_a_line_goes_to_the_app(page: Page) -> None:
    pull, site = page.site.pull(), page.site
    page.open(f"/maria/shop/pull/{pull.number}/files")
    row = page.one("tr.add")
    ActionChains(page.driver).move_to_element(row).perform()
    page.one("tr.add .add-comment").click()
    page.one(".draft-comment textarea").send_keys("Half a cent *up*, or to even?")
    page.one("#review-body").send_keys("One question.")
    page.one("input[value=REQUEST_CHANGES]").click()
    Select(page.one("#review select")).select_by_value("li")
    page.one("#submit-review").click()
    page.one("#timeline .review .event", "li requested changes")
    page.one(".review-body", "One question.")
    page.one(".thread .thread-comment", "Half a cent up, or to even?")
    page.one(".thread tr.add", "return round(net * 0.19)")
    line = site.listener.wait_for("pull_request_review_comment", "created")["comment"]
    assert (line["path"], line["line"], line["side"]) == ("shop/tax.py", 5, "RIGHT")
    review = site.listener.wait_for("pull_request_review", "submitted")["review"]
    assert (review["state"], review["user"]["login"]) == ("changes_requested", "li")
    assert line["pull_request_review_id"] == review["id"]


def test_an_answer_stands_in_its_thread_beside_the_line(page: Page) -> None:
    pull, site = page.site.pull(), page.site
    assert pull.pull is not None
    request = PullRequest(site.repository, pull, pull.pull)
    with site.state.lock:
        new = NewReviewComment("Why?", "shop/tax.py", line=5)
        asked = add_review_comment(site.state, request, site.actor("li"), new)
    page.open(f"/maria/shop/pull/{pull.number}")
    page.one(".reply textarea").send_keys("Because **cents**.")
    page.one(".reply button").click()
    page.one(".thread .thread-comment strong", "cents")
    told = site.listener.wait_for("pull_request_review_comment", "created")
    assert told["comment"]["body"] == "Why?"
    told = site.listener.wait_for("pull_request_review_comment", "created")
    assert told["comment"]["in_reply_to_id"] == asked.id
    page.open(f"/maria/shop/pull/{pull.number}/files")
    beside = page.one("tr.add + tr.said .thread").text
    assert beside.index("Why?") < beside.index("Because cents.")


def test_deliveries_are_listed_and_sent_again(page: Page) -> None:
    page.site.issue(title="Once more")
    page.site.listener.wait_for("issues", "opened")
    page.open("/deliveries")
    row = page.one("#deliveries li", "issues.opened")
    guid = row.find_element(By.CSS_SELECTOR, ".guid").text
    page.one("#deliveries li .mood-good")
    row = page.one("#deliveries li", "issues.opened")
    row.find_element(By.CSS_SELECTOR, "button").click()
    again = page.one("#deliveries li", "redelivery")
    assert again.find_element(By.CSS_SELECTOR, ".guid").text == guid
    assert page.site.listener.wait_for("issues", "opened")["issue"]["title"] == "Once more"
    page.one("#deliveries li .guid a").click()
    page.one("pre.message", '"title": "Once more"')


HOSTILE = '<img src="/x" onerror="window.hurt=1"><script>window.hurt=1</script>'


def test_nothing_that_people_write_runs(page: Page) -> None:
    site = page.site
    issue = site.issue(title=HOSTILE, body=f"{HOSTILE}\n\n<svg onload='window.hurt=1'>")
    with site.state.lock:
        for login in ("li", "vera"):
            add_comment(site.state, site.repository, issue, site.actor(login), HOSTILE)
    for path in (f"issues/{issue.number}", "issues", "issues/new?title=%22%3E" + HOSTILE):
        page.open(f"/maria/shop/{path}")
        page.one("main")
        assert page.driver.execute_script("return window.hurt") is None
    console(page.driver)  # the picture /x is not there, as it should be


def test_the_policy_stops_and_reports_what_it_forbids(page: Page) -> None:
    page.open("/")
    page.driver.execute_script(
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')"
    )
    assert "Content Security Policy" in console(page.driver)[0]["message"]


def test_every_page_obeys_its_policy(page: Page) -> None:
    issue, pull = page.site.issue(), page.site.pull()
    here = "/maria/shop"
    sha = pull.pull.head_sha if pull.pull else ""
    paths = [
        "/",
        "/maria",
        "/apps/patchbay",
        here,
        f"{here}/issues",
        f"{here}/issues?state=closed",
        f"{here}/issues/{issue.number}",
        f"{here}/issues/new",
        f"{here}/pulls",
        *(f"{here}/pull/{pull.number}{tab}" for tab in ("", "/commits", "/checks", "/files")),
        f"{here}/commit/{sha}",
        f"{here}/tree/agent/1-tax-k3f9/shop",
        f"{here}/blob/main/shop/tax.py",
        "/deliveries",
    ]
    for path in paths:
        page.open(path)
        page.one(".top .identity")
