"""Tags: the list of a repository's, and annotated tag objects."""

from typing import Any

from demo.github.errors import GitHubError, NotFound
from demo.github.git_commit import Person
from demo.github.present.commits import person_json
from demo.github.present.people import node_id
from demo.github.present.repositories import repository_url
from demo.github.rest.needs import READ_CONTENTS, WRITE_CONTENTS
from demo.github.routes import Answer, Call, Routes

routes = Routes()
TAGS = "/repos/<owner>/<repo>/git/tags"
UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


@routes.on("GET", "/repos/<owner>/<repo>/tags", "repos/list-tags", READ_CONTENTS)
def list_tags(call: Call) -> Answer:
    """List tags with the commits they stand on."""
    git, url = call.repository.git, repository_url(call.state, call.repository)
    names = [ref.removeprefix("refs/tags/") for ref in git.refs("refs/tags/")]
    shown = []
    for name in call.page(sorted(names, reverse=True)):
        sha = git.resolve(f"refs/tags/{name}") or ""
        shown.append(
            {
                "name": name,
                "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
                "zipball_url": f"{url}/zipball/refs/tags/{name}",
                "tarball_url": f"{url}/tarball/refs/tags/{name}",
                "node_id": node_id("REF", f"{call.repository.id}_refs/tags/{name}"),
            }
        )
    return Answer(200, shown)


@routes.on("POST", TAGS, "git/create-tag", WRITE_CONTENTS)
def create_tag(call: Call) -> Answer:
    """Write an annotated tag object; a ref to it is made separately."""
    name, target = call.text("Tag", "tag"), call.text("Tag", "object")
    kind, message = call.text("Tag", "type"), call.text("Tag", "message")
    if call.repository.git.kind(target) != kind:
        raise GitHubError(422, "Object does not exist")
    asked = call.body.get("tagger") or {}
    usual = call.user
    tagger = Person(
        asked.get("name", usual.login), asked.get("email", usual.email), call.state.now()
    )
    text = f"object {target}\ntype {kind}\ntag {name}\ntagger {tagger.line()}\n\n{message}\n"
    call.path["sha"] = call.repository.git.write_object("tag", text.encode())
    return Answer(201, _tag_json(call))


@routes.on("GET", f"{TAGS}/<sha>", "git/get-tag", READ_CONTENTS)
def get_tag(call: Call) -> Answer:
    """Give an annotated tag object."""
    if call.repository.git.kind(call.path["sha"]) != "tag":
        raise NotFound
    return Answer(200, _tag_json(call))


def _tag_json(call: Call) -> dict[str, Any]:
    git, sha, url = (
        call.repository.git,
        call.path["sha"],
        repository_url(call.state, call.repository),
    )
    head, _, message = git.run("cat-file", "tag", sha).decode(errors="replace").partition("\n\n")
    fields = dict(line.split(" ", 1) for line in head.splitlines())
    name, _, rest = fields["tagger"].partition(" <")
    email, _, at = rest.partition("> ")
    tagger = Person(name, email, float(at.split()[0]))
    place = f"{url}/git/{fields['type']}s/{fields['object']}"
    return {
        "node_id": node_id("TAG", sha),
        "tag": fields["tag"],
        "sha": sha,
        "url": f"{url}/git/tags/{sha}",
        "message": message.rstrip("\n"),
        "tagger": person_json(tagger),
        "object": {"type": fields["type"], "sha": fields["object"], "url": place},
        "verification": UNSIGNED,
    }
