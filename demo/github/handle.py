"""What a test or a demo does to this GitHub in a person's place, in plain values.

The same methods are served as JSON below `/_control/`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo.github.acts import accounts, conversation, issues, repositories
from demo.github.acts.announce import ping
from demo.github.acts.conversation import ticked
from demo.github.present.issues import comment_json, issue_json, reaction_json
from demo.github.present.people import profile_json
from demo.github.records import Actor, App, Issue, Repository
from demo.github.state import State

Json = dict[str, Any]


class Handle:
    """A hand in this GitHub; repositories are named as `owner/name`."""

    def __init__(self, state: State) -> None:
        self.state = state

    def _repository(self, name: str) -> Repository:
        owner, _, rest = name.partition("/")
        return self.state.repository(owner, rest)

    def _issue(self, repository: str, number: int) -> tuple[State, Repository, Issue]:
        found = self._repository(repository)
        return self.state, found, self.state.issue(found, number)

    def _actor(self, login: str) -> Actor:
        user = self.state.user(login)
        app = next((each for each in self.state.apps if each.bot.id == user.id), None)
        return Actor(user, app)

    # Accounts

    def create_user(self, login: str, name: str = "", kind: str = "User") -> int:
        """Open an account (User or Organization) and give its id."""
        with self.state.lock:
            return accounts.create_user(self.state, login, kind, name).id

    def user_token(self, login: str) -> str:
        """Give a person a token, for git, `gh` and the APIs."""
        with self.state.lock:
            return accounts.create_user_token(self.state, self.state.user(login)).value

    def user(self, login: str) -> Json:
        """Show a user."""
        with self.state.lock:
            return profile_json(self.state, self.state.user(login))

    # Repositories

    def create_repository(
        self,
        owner: str,
        name: str,
        from_git: Path | str | None = None,
        branch: str | None = None,
        *,
        private: bool = True,
        description: str | None = None,
    ) -> int:
        """Make a repository, empty or with the history of another one, and give its id."""
        with self.state.lock:
            new = repositories.NewRepository(
                accounts.create_user(self.state, owner), name, branch or "main", private,
                description,
            )  # fmt: skip
            repository = repositories.create_repository(self.state, new)
            if from_git is not None:
                repositories.fill_repository(repository, from_git, branch)
            return repository.id

    def set_repository(self, repository: str, **settings: Any) -> None:
        """Change one of the settings below."""
        with self.state.lock:
            found = self._repository(repository)
            for key, value in settings.items():
                if key not in {
                    "private", "archived", "has_issues", "has_drafts", "default_branch",
                    "description",
                }:  # fmt: skip
                    raise ValueError(f"a repository has no setting {key}")
                match key:
                    case "private":
                        actor = Actor(found.owner)
                        repositories.set_private(self.state, found, actor, private=value)
                    case "archived":
                        actor = Actor(found.owner)
                        repositories.set_archived(self.state, found, actor, archived=value)
                    case _:
                        setattr(found, key, value)

    def rename_repository(self, repository: str, name: str) -> None:
        """Give a repository another name; under the old one it answers with a redirect."""
        with self.state.lock:
            found = self._repository(repository)
            repositories.rename(self.state, found, Actor(found.owner), name)

    def add_collaborator(self, repository: str, login: str, role: str) -> None:
        """Give a user a role: none, read, triage, write, maintain or admin."""
        with self.state.lock:
            user = accounts.create_user(self.state, login)
            repositories.set_role(self._repository(repository), user, role)

    # Apps

    def create_app(
        self,
        slug: str,
        webhook_url: str = "",
        webhook_secret: str = "",
        permissions: dict[str, str] | None = None,
        events: Sequence[str] | None = None,
        owner: str = "octo-org",
    ) -> tuple[int, str]:
        """Register an App and give its id and its private key as PEM."""
        with self.state.lock:
            new = accounts.NewApp(
                slug=slug,
                owner=accounts.create_user(self.state, owner, "Organization"),
                webhook_url=webhook_url,
                webhook_secret=webhook_secret,
                permissions=permissions,
                events=events,
            )
            app, private_key = accounts.create_app(self.state, new)
            return app.id, private_key

    def _app(self, app: int | str) -> App:
        return self.state.app(app)

    def set_webhook(self, app: int | str, url: str, secret: str | None = None) -> None:
        """Change where an App's webhooks go."""
        with self.state.lock:
            found = self._app(app)
            found.webhook_url = url
            found.webhook_secret = found.webhook_secret if secret is None else secret

    def ping_app(self, app: int | str) -> None:
        """Send a ping to an App's webhook."""
        with self.state.lock:
            ping(self.state, self._app(app))

    def renew_key(self, app: int | str) -> str:
        """Give an App a new private key and make the old one worthless."""
        with self.state.lock:
            return accounts.renew_key(self._app(app))

    def install(self, app: int | str, repository: str) -> int:
        """Put an App on a repository and give the installation's id."""
        with self.state.lock:
            found = self._repository(repository)
            return accounts.install(self.state, self._app(app), found).id

    def suspend(self, installation_id: int, *, suspended: bool = True) -> None:
        """Suspend an installation, or let it work again."""
        with self.state.lock:
            found = self.state.installation(installation_id)
            accounts.suspend(self.state, found, Actor(found.account), suspended=suspended)

    def uninstall(self, installation_id: int, repository: str | None = None) -> None:
        """Take an installation away, or one repository from it."""
        with self.state.lock:
            found = self.state.installation(installation_id)
            actor = Actor(found.account)
            if repository is None:
                accounts.uninstall(self.state, found, actor)
            else:
                there = self._repository(repository)
                accounts.uninstall_from(self.state, found, actor, there)

    # Issues

    def open_issue(
        self, repository: str, user: str, title: str, body: str = "", labels: Sequence[str] = ()
    ) -> int:
        """Open an issue and give its number."""
        with self.state.lock:
            found = self._repository(repository)
            actor = self._actor(user)
            return issues.open_issue(self.state, found, actor, title, body, labels).number

    def edit_issue(self, repository: str, number: int, user: str, **changes: Any) -> None:
        """Change `title` or `body`."""
        with self.state.lock:
            issues.edit_issue(*self._issue(repository, number), self._actor(user), changes)

    def close_issue(self, repository: str, number: int, user: str) -> None:
        """Close an issue or a pull request."""
        with self.state.lock:
            issues.close_issue(*self._issue(repository, number), self._actor(user))

    def delete_issue(self, repository: str, number: int, user: str) -> None:
        """Remove an issue for good."""
        with self.state.lock:
            issues.delete_issue(*self._issue(repository, number), self._actor(user))

    def lock_issue(self, repository: str, number: int, *, locked: bool = True) -> None:
        """Let only collaborators speak on an issue, or everybody again."""
        with self.state.lock:
            self._issue(repository, number)[2].locked = locked

    def add_label(self, repository: str, number: int, user: str, label: str) -> None:
        """Put a label on an issue."""
        with self.state.lock:
            issues.add_label(*self._issue(repository, number), self._actor(user), label)

    def remove_label(self, repository: str, number: int, user: str, label: str) -> None:
        """Take a label off an issue."""
        with self.state.lock:
            issues.remove_label(*self._issue(repository, number), self._actor(user), label)

    def assign(self, repository: str, number: int, user: str, assignee: str) -> None:
        """Assign a person, or the bot of an App that is installed there."""
        with self.state.lock:
            where = self._issue(repository, number)
            issues.assign(*where, self._actor(user), [self.state.user(assignee)])

    def comment(self, repository: str, number: int, user: str, body: str) -> int:
        """Write a comment and give its id."""
        with self.state.lock:
            where = self._issue(repository, number)
            return conversation.add_comment(*where, self._actor(user), body).id

    def edit_comment(self, repository: str, comment_id: int, user: str, body: str) -> None:
        """Change a comment."""
        with self.state.lock:
            found = self._repository(repository)
            issue, comment = self.state.comment(found, comment_id)
            conversation.edit_comment(self.state, found, issue, comment, self._actor(user), body)

    def tick(self, repository: str, comment_id: int, user: str, words: str) -> None:
        """Tick the one open box of a comment whose line has these words, as a click does."""
        with self.state.lock:
            found = self._repository(repository)
            issue, comment = self.state.comment(found, comment_id)
            body = ticked(comment.body, words)
            conversation.edit_comment(self.state, found, issue, comment, self._actor(user), body)

    def delete_comment(self, repository: str, comment_id: int, user: str) -> None:
        """Remove a comment."""
        with self.state.lock:
            found = self._repository(repository)
            issue, comment = self.state.comment(found, comment_id)
            conversation.delete_comment(self.state, found, issue, comment, self._actor(user))

    def issue(self, repository: str, number: int) -> Json:
        """Show an issue, or the issue side of a pull request."""
        with self.state.lock:
            return issue_json(*self._issue(repository, number))

    def comments(self, repository: str, number: int) -> list[Json]:
        """Show the comments of an issue, oldest first."""
        with self.state.lock:
            state, found, issue = self._issue(repository, number)
            return [comment_json(state, found, issue, each) for each in issue.comments]

    def reactions(
        self, repository: str, number: int | None = None, comment_id: int | None = None
    ) -> list[Json]:
        """Show the reactions on an issue or on a comment."""
        with self.state.lock:
            found = self._repository(repository)
            thing = (
                self.state.comment(found, comment_id)[1]
                if comment_id is not None
                else self.state.issue(found, number or 0)
            )
            return [reaction_json(self.state, each) for each in thing.reactions]
