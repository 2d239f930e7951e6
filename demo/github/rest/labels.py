"""Labels of a repository and of an issue."""

from typing import Any

from demo.github.acts import issues as acts
from demo.github.acts.repositories import find_label
from demo.github.errors import Invalid, NotFound
from demo.github.present.repositories import label_json
from demo.github.records import Label
from demo.github.rest.needs import READ_ISSUES, TRIAGE, WRITE_ISSUES
from demo.github.routes import Answer, Call, Routes

routes = Routes()


def _label(call: Call) -> Label:
    label = find_label(call.repository, call.path["name"])
    if label is None:
        raise NotFound
    return label


def _shown(call: Call, labels: list[Label]) -> list[dict[str, Any]]:
    return [label_json(call.state, call.repository, label) for label in labels]


@routes.on("GET", "/repos/<owner>/<repo>/labels", "issues/list-labels-for-repo", READ_ISSUES)
def list_labels(call: Call) -> Answer:
    """List the labels of a repository."""
    return Answer(200, _shown(call, call.page(call.repository.labels)))


@routes.on("POST", "/repos/<owner>/<repo>/labels", "issues/create-label", WRITE_ISSUES)
def create_label(call: Call) -> Answer:
    """Make a label."""
    name = call.text("Label", "name")
    if find_label(call.repository, name) is not None:
        raise Invalid("Label", "name", "already_exists")
    color = str(call.body.get("color", "ededed")).removeprefix("#")
    label = Label(call.state.next_id(), name, color, call.body.get("description"))
    call.repository.labels.append(label)
    return Answer(201, label_json(call.state, call.repository, label))


@routes.on("GET", "/repos/<owner>/<repo>/labels/<path:name>", "issues/get-label", READ_ISSUES)
def get_label(call: Call) -> Answer:
    """Give a label."""
    return Answer(200, label_json(call.state, call.repository, _label(call)))


@routes.on("PATCH", "/repos/<owner>/<repo>/labels/<path:name>", "issues/update-label", WRITE_ISSUES)
def update_label(call: Call) -> Answer:
    """Change a label."""
    label = _label(call)
    label.name = call.body.get("new_name", label.name)
    label.color = str(call.body.get("color", label.color)).removeprefix("#")
    label.description = call.body.get("description", label.description)
    return Answer(200, label_json(call.state, call.repository, label))


@routes.on(
    "DELETE", "/repos/<owner>/<repo>/labels/<path:name>", "issues/delete-label", WRITE_ISSUES
)
def delete_label(call: Call) -> Answer:
    """Remove a label from a repository and from all its issues."""
    label = _label(call)
    call.repository.labels.remove(label)
    for issue in call.repository.issues.values():
        if label in issue.labels:
            issue.labels.remove(label)
    return Answer(204)


@routes.on(
    "GET",
    "/repos/<owner>/<repo>/issues/<int:number>/labels",
    "issues/list-labels-on-issue",
    READ_ISSUES,
)
def list_issue_labels(call: Call) -> Answer:
    """List the labels of an issue."""
    return Answer(200, _shown(call, call.page(call.issue.labels)))


def _names(call: Call) -> list[str]:
    asked = call.body.get("labels", [])
    if not isinstance(asked, list):
        raise Invalid("Label", "labels", "invalid")
    return [str(each["name"] if isinstance(each, dict) else each) for each in asked]


@routes.on("POST", "/repos/<owner>/<repo>/issues/<int:number>/labels", "issues/add-labels", TRIAGE)
def add_labels(call: Call) -> Answer:
    """Put labels on an issue."""
    issue = call.issue
    for name in _names(call):
        acts.add_label(call.state, call.repository, issue, call.actor, name)
    return Answer(200, _shown(call, issue.labels))


@routes.on("PUT", "/repos/<owner>/<repo>/issues/<int:number>/labels", "issues/set-labels", TRIAGE)
def set_labels(call: Call) -> Answer:
    """Put exactly these labels on an issue."""
    issue = call.issue
    acts.set_labels(call.state, call.repository, issue, call.actor, _names(call))
    return Answer(200, _shown(call, issue.labels))


@routes.on(
    "DELETE",
    "/repos/<owner>/<repo>/issues/<int:number>/labels",
    "issues/remove-all-labels",
    TRIAGE,
)
def remove_all_labels(call: Call) -> Answer:
    """Take all labels off an issue."""
    acts.set_labels(call.state, call.repository, call.issue, call.actor, [])
    return Answer(204)


@routes.on(
    "DELETE",
    "/repos/<owner>/<repo>/issues/<int:number>/labels/<path:name>",
    "issues/remove-label",
    TRIAGE,
)
def remove_label(call: Call) -> Answer:
    """Take a label off an issue."""
    issue = call.issue
    acts.remove_label(call.state, call.repository, issue, call.actor, call.path["name"])
    return Answer(200, _shown(call, issue.labels))
