"""Reads repositories, people and labels from the state for the pages."""

from collections.abc import Sequence

from markupsafe import Markup

from demo.github import records
from demo.github.markdown import render
from demo.github.pages.views import Comment, Label, Person, Reaction, Repository
from demo.github.state import State


def person(user: records.User, repository: records.Repository | None = None) -> Person:
    """Somebody, with the role on a repository if one is given."""
    role = "" if repository is None else repository.role_of(user)
    bot = user.type == "Bot"
    return Person(user.id, user.login, bot, "" if role == "none" else role)


def people(state: State, repository: records.Repository | None = None) -> tuple[Person, ...]:
    """Everybody whose part one can play here, those with more rights first."""
    everybody = [person(each, repository) for each in state.users.values() if each.type == "User"]
    rank = {role: -index for index, role in enumerate(records.ROLES)}
    return tuple(sorted(everybody, key=lambda each: rank.get(each.role, 0)))


def repository_view(state: State, repository: records.Repository) -> Repository:
    """Read what every page of a repository shows of it."""
    issues = [each for each in repository.issues.values() if each.state == "open"]
    pulls = sum(each.pull is not None for each in issues)
    return Repository(
        name=repository.full_name,
        description=repository.description or "",
        private=repository.private,
        default_branch=repository.default_branch,
        open_issues=len(issues) - pulls,
        open_pulls=pulls,
        people=people(state, repository),
        labels=labels(repository.labels),
        clone_url=f"{state.url}/{repository.full_name}.git",
    )


def labels(all_of_them: Sequence[records.Label]) -> tuple[Label, ...]:
    """Labels as they are shown."""
    return tuple(Label(each.name, each.color, each.description or "") for each in all_of_them)


def reactions(all_of_them: Sequence[records.Reaction]) -> tuple[Reaction, ...]:
    """Reactions gathered by kind, in the order in which each kind first came."""
    by_content: dict[str, list[str]] = {}
    for each in all_of_them:
        by_content.setdefault(each.content, []).append(each.user.login)
    return tuple(Reaction(content, tuple(logins)) for content, logins in by_content.items())


class Writing:
    """Turns what people wrote in one repository into what is shown of it."""

    def __init__(self, state: State, repository: records.Repository) -> None:
        self._repository = repository
        self._logins = frozenset(each.login for each in state.users.values())

    def html(self, text: str | None, *, boxes: bool = False) -> Markup:
        """Render a text as a comment, with boxes that can be clicked if wanted."""
        name = self._repository.full_name
        return render(text or "", repository=name, logins=self._logins, boxes=boxes)

    def file(self, text: str) -> Markup:
        """Render a Markdown file."""
        name = self._repository.full_name
        return render(text, repository=name, logins=self._logins, breaks=False)

    def person(self, user: records.User) -> Person:
        """Somebody with the role here."""
        return person(user, self._repository)

    def comment(self, anchor: str, said: records.Comment | records.ReviewComment) -> Comment:
        """Show a comment of the conversation or of a review."""
        return Comment(
            anchor=anchor,
            author=self.person(said.user),
            at=said.created_at,
            html=self.html(said.body, boxes=isinstance(said, records.Comment)),
            edited=said.updated_at > said.created_at,
            reactions=reactions(said.reactions),
            hidden_as=(said.minimized_reason or "").lower(),
        )
