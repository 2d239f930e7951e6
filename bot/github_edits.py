"""Asks GitHub when somebody last changed what an issue says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

# REST gives one time for every change of an issue, of which most change none of its words.
_QUERY = """\
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      lastEditedAt
      timelineItems(itemTypes: [RENAMED_TITLE_EVENT], last: 1) {
        nodes { ... on RenamedTitleEvent { createdAt } }
      }
    }
  }
}
"""


class Asks(Protocol):
    """What is needed of GitHub's GraphQL API."""

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query."""


def words_changed_at(api: Asks, full_name: str, number: int) -> float:
    """Return when an issue's text or title was last changed, in Unix seconds; 0 for never."""
    owner, _, name = full_name.partition("/")
    answer = api.query(_QUERY, {"owner": owner, "name": name, "number": number})
    issue = answer["repository"]["issue"]
    renamed = [node["createdAt"] for node in issue["timelineItems"]["nodes"]]
    times = [text for text in (issue["lastEditedAt"], *renamed) if text]
    return max((datetime.fromisoformat(text).timestamp() for text in times), default=0.0)
