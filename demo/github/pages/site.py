"""What all pages share: who is acting, the frame around a page, and the way back after a write."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from demo.github.errors import Forbidden
from demo.github.pages.read_repository import people, person, repository_view
from demo.github.pages.views import Person, Repository
from demo.github.records import ROLES, Actor, User
from demo.github.records import Repository as RepositoryRecord
from demo.github.state import State

COOKIE = "acting_as"


@dataclass(frozen=True)
class Site:
    """The pages' view of one GitHub."""

    state: State

    def repository(self, owner: str, name: str) -> RepositoryRecord:
        """Find the repository that an address names."""
        return self.state.repository(owner, name)

    def user(self, repository: RepositoryRecord | None = None) -> User:
        """Who acts: as the form says, else as chosen before, else whoever may do most."""
        wanted = request.form.get("actor") or request.cookies.get(COOKIE, "")
        found = self.state.users.get(wanted.lower())
        if found is not None and found.type == "User":
            return found
        everybody = people(self.state, repository)
        if not everybody:
            raise Forbidden("There is nobody here yet who could do anything.")
        return self.state.user(everybody[0].login)

    def actor(self, repository: RepositoryRecord, role: str = "read") -> Actor:
        """Who acts, if the role on the repository suffices."""
        user = self.user(repository)
        if ROLES.index(repository.role_of(user)) < ROLES.index(role):
            raise Forbidden(
                f"{user.login} has the role “{repository.role_of(user)}” on "
                f"{repository.full_name}, and this needs “{role}”."
            )
        return Actor(user)

    def page(self, template: str, repository: RepositoryRecord | None = None, **shown: Any) -> str:
        """Render a page with the frame that every page has."""
        everybody = people(self.state, repository)
        me: Person | None = person(self.user(repository), repository) if everybody else None
        view: Repository | None = repository_view(self.state, repository) if repository else None
        return render_template(template, me=me, people=everybody, repository=view, **shown)

    def done(self, url: str, user: User) -> Response:
        """Go back to a page after a write, and remember who wrote."""
        answer = redirect(url, 303)
        answer.set_cookie(COOKIE, user.login, samesite="Lax", httponly=True)
        return answer
