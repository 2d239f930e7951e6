"""Search among issues and pull requests."""

from demo.github.finding import find_issues
from demo.github.present.issues import issue_json
from demo.github.routes import Answer, Call, Routes

routes = Routes()


@routes.on("GET", "/search/issues", "search/issues-and-pull-requests")
def search_issues(call: Call) -> Answer:
    """Find issues and pull requests by words and qualifiers."""
    hits = find_issues(call.state, call.caller, call.query.get("q", ""))
    items = [issue_json(call.state, *hit) | {"score": 1.0} for hit in call.page(hits)]
    body = {
        "total_count": len(hits),
        "incomplete_results": False,
        "items": items,
        "search_type": "lexical",
    }
    return Answer(200, body)
