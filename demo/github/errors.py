"""What this GitHub answers when it cannot do as asked, in GitHub's own words."""

from typing import Any

DOCS = "https://docs.github.com/rest"


class GitHubError(Exception):
    """An answer other than success: a status and a message as GitHub writes them."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[dict[str, Any] | str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors

    def body(self) -> dict[str, Any]:
        """Write the error as GitHub's JSON."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return body | {"documentation_url": DOCS, "status": str(self.status)}


class NotFound(GitHubError):
    """There is no such thing, or the caller may not know of it."""

    def __init__(self) -> None:
        super().__init__(404, "Not Found")


class Moved(GitHubError):
    """The repository has another name now; whoever follows redirects gets there."""

    url = ""

    def __init__(self, repository_id: int) -> None:
        super().__init__(301, "Moved Permanently")
        self.repository_id = repository_id

    def answer_to(self, method: str, base: str, path: str) -> None:
        """Point from an address by name to the same by number; a write has to be repeated as is."""
        rest = path.partition("/repos/")[2].split("/", 2)[2:]
        self.url = "/".join([f"{base}/api/v3/repositories/{self.repository_id}", *rest])
        self.status = 301 if method in {"GET", "HEAD"} else 307

    def body(self) -> dict[str, Any]:
        """Write the error as GitHub's JSON."""
        return {"message": self.message, "url": self.url, "documentation_url": DOCS}


class BadCredentials(GitHubError):
    """The token is unknown, has run out or was revoked."""

    def __init__(self, message: str = "Bad credentials") -> None:
        super().__init__(401, message)


class Forbidden(GitHubError):
    """The caller may see the thing but not do this to it."""

    def __init__(self, message: str = "Resource not accessible by integration") -> None:
        super().__init__(403, message)


class Invalid(GitHubError):
    """The request is well-formed but says something that cannot be."""

    def __init__(self, resource: str, field: str, code: str, message: str | None = None) -> None:
        detail: dict[str, Any] = {"resource": resource, "code": code, "field": field}
        if message is not None:
            detail["message"] = message
        super().__init__(422, "Validation Failed", [detail])


class BadRequest(GitHubError):
    """The request cannot be understood."""

    def __init__(self, message: str = "Problems parsing JSON") -> None:
        super().__init__(400, message)
