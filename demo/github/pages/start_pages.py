"""The start page, a user's page, the avatars, and the choice of who one is."""

import hashlib

from flask import Blueprint, Response, request
from markupsafe import escape
from werkzeug.wrappers import Response as AnyResponse

from demo.github.errors import NotFound
from demo.github.pages.read_repository import person, repository_view
from demo.github.pages.site import Site
from demo.github.records import User

PERSON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40"'
    ' fill="hsl({hue} 52% 46%)"/><text x="20" y="27.5" font-family="DejaVu Sans, sans-serif"'
    ' font-size="21" font-weight="bold" fill="#fff" text-anchor="middle">{letter}</text></svg>'
)
NOBODY = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40"'
    ' fill="#afb8c1"/><g fill="#fff"><circle cx="20" cy="15" r="7"/><path'
    ' d="M6 38a14 14 0 0 1 28 0z"/></g></svg>'
)
BOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40"'
    ' fill="hsl({hue} 45% 30%)"/><g fill="none" stroke="#fff" stroke-width="2.4"><path'
    ' d="M20 6v5"/><rect x="8" y="12" width="24" height="19" rx="5"/></g><g fill="#fff"><circle'
    ' cx="20" cy="6" r="2.2"/><circle cx="15" cy="20" r="2.4"/><circle cx="25" cy="20" r="2.4"/>'
    '<rect x="14" y="25" width="12" height="2" rx="1"/></g></svg>'
)


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""

    @pages.get("/")
    def start() -> str:
        with site.state.lock:
            shown = [repository_view(site.state, each) for each in site.state.repositories]
            return site.page("github/start.html", repositories=shown)

    @pages.get("/<login>")
    @pages.get("/apps/<login>")
    def profile(login: str) -> str:
        with site.state.lock:
            user = site.state.users.get(login.lower()) or site.state.user(f"{login}[bot]")
            owned = [each for each in site.state.repositories if each.owner.id == user.id]
            shown = [repository_view(site.state, each) for each in owned]
            return site.page("github/start.html", repositories=shown, owner=person(user))

    @pages.post("/_as")
    def act_as() -> AnyResponse:
        back = request.form.get("back", "/")
        # Only a path of our own: "//host" and "https://host" would lead away.
        inside = back.startswith("/") and not back.startswith("//")
        with site.state.lock:
            return site.done(back.removesuffix("?") if inside else "/", site.user())

    @pages.get("/static/avatars/<int:user_id>.svg")
    def avatar(user_id: int) -> Response:
        with site.state.lock:
            users = {each.id: each for each in site.state.users.values()}
        # An author of a commit who has no account is shown as nobody, with the id 0.
        drawing = _picture(users.get(user_id)) if user_id else NOBODY
        return Response(drawing, mimetype="image/svg+xml")


def _picture(user: User | None) -> str:
    if user is None:
        raise NotFound
    hue = int.from_bytes(hashlib.sha256(user.login.encode()).digest()[:2]) % 360
    drawing = BOT if user.type == "Bot" else PERSON
    return drawing.format(hue=hue, letter=escape(user.login[:1].upper()))
