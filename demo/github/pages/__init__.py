"""The pages of the local GitHub, for people's eyes and clicks.

Reading order: `views` and `pull_views` (what a page shows), `read_repository`, `read_issue`,
`read_commit` and `read_pull` (from the state to the views), `site` (who acts, the frame), then the
addresses: `start_pages`, `issue_pages`, `pull_pages`, `review_pages`, `check_pages`, `code_pages`,
`delivery_pages`.
"""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from demo.github.errors import GitHubError
from demo.github.pages import (
    check_pages,
    code_pages,
    delivery_pages,
    issue_pages,
    pull_pages,
    review_pages,
    start_pages,
)
from demo.github.pages.site import Site
from demo.github.pages.words import FILTERS
from demo.github.state import State

NAME = "github_pages"
POLICY = "; ".join(
    f"{what} {where}"
    for what, where in {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "img-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
    }.items()
)


def blueprint(state: State) -> Blueprint:
    """All pages of one GitHub, ready to be registered without a prefix."""
    pages = Blueprint(
        NAME,
        __name__,
        static_folder="../static",
        static_url_path="/_pages",
        template_folder="../templates",
    )
    site = Site(state)
    start_pages.register(pages, site)
    issue_pages.register(pages, site)
    pull_pages.register(pages, site)
    review_pages.register(pages, site)
    check_pages.register(pages, site)
    code_pages.register(pages, site)
    delivery_pages.register(pages, site)
    for name, words in FILTERS.items():
        pages.add_app_template_filter(words, name)
    pages.register_error_handler(GitHubError, lambda error: _sorry(site, error))
    pages.after_request(_protect)
    return pages


def _sorry(site: Site, error: GitHubError) -> tuple[str, int]:
    back = request.referrer or "/"
    shown = site.page("github/sorry.html", status=error.status, message=error.message, back=back)
    return shown, error.status


def _protect(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
