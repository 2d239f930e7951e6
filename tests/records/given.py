"""What the tests of the records begin with: a request, a task of it, a lease on that."""

from records.database import Database
from records.tasks import IssueSnapshot, Lease, NewTask, Task, Tasks


def new_task(key: str = "comment:1", *, issue_number: int = 3) -> NewTask:
    return NewTask(
        semantic_key=key,
        verb="fix",
        installation_id=11,
        repository_id=2**40,
        repository="octo/shop",
        issue_number=issue_number,
        requester="ann",
        requester_id=7,
        instruction="fix this",
        trigger_comment_id=2**41,
        issue=IssueSnapshot("Total is wrong", "Steps: …", "bob", "https://x/3", ("bug", "ünï")),
    )


def task(database: Database, key: str = "comment:1") -> Task:
    return Tasks(database).create(new_task(key))[0]


def lease(database: Database, *, owner: str = "job-1", lease_s: float = 30.0) -> Lease:
    """A lease on a task; the same task however often it is asked for."""
    taken = Tasks(database).take(task(database).id, owner, lease_s)
    assert taken
    return taken


def outdated_lease(database: Database) -> tuple[Lease, Lease]:
    """The lease of a job that was thought dead, and that of the job that has the task now."""
    old = lease(database, lease_s=-1.0)
    return old, lease(database, owner="job-2")
