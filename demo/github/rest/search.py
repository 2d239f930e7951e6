"""Search among issues and pull requests, with the few qualifiers that bots use."""

import re

from demo.github.permissions import may, sees
from demo.github.present.issues import issue_json
from demo.github.records import Issue, Repository
from demo.github.rest.needs import READ_ISSUES
from demo.github.routes import Answer, Call, Routes

routes = Routes()
TERM = re.compile(r'(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')


@routes.on("GET", "/search/issues", "search/issues-and-pull-requests")
def search_issues(call: Call) -> Answer:
    """Find issues and pull requests by words and qualifiers."""
    terms = [
        (found["key"] or "", (found["quoted"] or found["plain"] or "").lower())
        for found in TERM.finditer(call.query.get("q", ""))
    ]
    hits = [
        (repository, issue)
        for repository in call.state.repositories
        if sees(call.caller, repository) and may(call.caller, repository, READ_ISSUES)
        for issue in repository.issues.values()
        if all(_fits(repository, issue, key, value) for key, value in terms)
    ]
    hits.sort(key=lambda hit: hit[1].created_at, reverse=True)
    items = [issue_json(call.state, *hit) | {"score": 1.0} for hit in call.page(hits)]
    body: dict[str, object] = {
        "total_count": len(hits),
        "incomplete_results": False,
        "items": items,
    }
    body["search_type"] = "lexical"
    return Answer(200, body)


def _fits(repository: Repository, issue: Issue, key: str, value: str) -> bool:  # noqa: PLR0911 - one a qualifier
    match key:
        case "repo":
            return repository.full_name.lower() == value
        case "user" | "org":
            return repository.owner.login.lower() == value
        case "author":
            return issue.user.login.lower() == value
        case "label":
            return any(label.name.lower() == value for label in issue.labels)
        case "is" | "type" | "state":
            return value in _words(issue)
        case "head":
            return issue.pull is not None and issue.pull.head_ref.lower() == value
        case _:
            return value in f"{issue.title}\n{issue.body}".lower()


def _words(issue: Issue) -> set[str]:
    words = {issue.state, "issue" if issue.pull is None else "pr"}
    if issue.pull is not None:
        words |= {"merged"} if issue.pull.merged_at else {"unmerged"}
        words |= {"draft"} if issue.pull.draft else set()
    return words
