"""Carries out `review`: the agent reads a pull request, and one review with its remarks is written.

The rules are those of the base: nothing that the pull request brings along instructs anybody. Its
code runs in a sandbox only, without network and without any token.
"""

from typing import Any

from bot.comments import marker
from bot.comments.failures import Failure
from bot.comments.reviews import REVIEW, line_comment, review_body
from bot.github_errors import Forbidden, Invalid, NotFound
from bot.github_reviews import LineComment, PullRequestReviews
from jobs.agent.closing import Closing
from jobs.checkout import Base
from jobs.ending import TaskEnd, TaskFailed, end_of
from jobs.job import Job
from jobs.minted import minted
from jobs.patience import patiently
from jobs.reading.result import keep_result, newest_result_of
from jobs.reading.run import Errand, read
from jobs.reviews.diff_lines import DiffLines
from jobs.reviews.fetched import Pull, fetched
from jobs.reviews.handed import ALIASES, DEFAULTS, SYSTEM, TOOL, Check
from jobs.reviews.shown import DIFF_FILE
from jobs.solution import Solution
from records.task import TaskState

_WRITE = {"pull_requests": "write", "metadata": "read"}
_SAID = "remarks"
"""The kind of the entry that holds a review as it is to be written."""
_ON_LINES = "review"
"""The key in the ledger of a review with remarks on lines."""
_PLAIN = "review:plain"
"""The key in the ledger of a review all of which is in one text."""
_WISH = (
    "Review pull request #{number}, whose own words are in <issue> and whose change is in <github> "
    f"and, whole, in the file {DIFF_FILE} of the sandbox. The checkout is its newest commit."
)


def review(job: Job, base: Base) -> TaskEnd:
    """Review the pull request of the task's thread, by the rules of `base`."""
    if newest_result_of(job, REVIEW):
        return TaskEnd(TaskState.SUCCEEDED, "", "")  # an earlier job wrote it and came no further
    said = _noted(job) or _read(job, base)
    return said if isinstance(said, TaskEnd) else _handed_in(job, said)


def _read(job: Job, base: Base) -> TaskEnd | dict[str, Any]:
    """Let the agent read the pull request; return what is to be written, which is on record now."""
    found = patiently(job, lambda: fetched(job, base), until=job.watch.halted)
    pull = found.opened
    if not pull.is_open:
        raise TaskFailed(Failure.SETUP_FAILED, "The pull request is not open any more.")
    if not found.files:
        return TaskEnd(TaskState.NO_CHANGE_NEEDED, "", "The pull request changes nothing.")
    check = Check(DiffLines(found.files))
    ending = read(job, base, _errand(found, check))
    if ending.handed_in is None:
        return end_of(Solution(ending))
    fitting, homeless = check.sorted_out(ending.handed_in)
    said = {**ending.handed_in, "comments": fitting, "homeless": homeless}
    said["head_sha"] = pull.head_sha
    job.log.keep(_SAID, {"title": "the review is ready", "result": "", "said": said})
    return _noted(job)


def _noted(job: Job) -> dict[str, Any]:
    """Return what an earlier job, or this one, was about to write; nothing if none came so far.

    A job that follows writes the very same, of the same commit, however the pull request stands by
    then: else it could not tell that it is there already.
    """
    noted = [entry["said"] for kind, entry in job.log.entries() if kind == _SAID]
    return dict(noted[-1]) if noted else {}


def _handed_in(job: Job, said: dict[str, Any]) -> TaskEnd:
    url = patiently(job, lambda: _written(job, said), until=job.watch.leaving)
    count, head_sha = len(said["comments"]), said["head_sha"]
    content = {"url": url, "comments": count, "head_sha": head_sha}
    keep_result(job, REVIEW, content, title="the review", text=said["summary"])
    return TaskEnd(TaskState.SUCCEEDED, "", "")


def _errand(pull: Pull, check: Check) -> Errand:
    closing = Closing(SYSTEM, TOOL, check, aliases=ALIASES, defaults=DEFAULTS)
    wish = _WISH.format(number=pull.opened.number)
    return Errand(closing, wish, (pull.block,), pull.opened.head_sha, pull.put_diff)


def _written(job: Job, said: dict[str, Any]) -> str:
    """Write the review, once; where GitHub does not take its lines, with all of it in one text."""
    try:
        with minted(job.services, job.task, _WRITE) as token:
            reviews = job.services.github.repository(token).reviews(job.task.issue_number)
            try:
                return _once(job, reviews, said, _ON_LINES)
            except Invalid:
                rest = [*said["comments"], *said["homeless"]]
                plain = {**said, "comments": [], "homeless": rest}
                return _once(job, reviews, plain, _PLAIN)
    except (Forbidden, Invalid, NotFound) as refused:
        raise TaskFailed(Failure.PUSH_REJECTED, f"GitHub says: {refused}") from refused


def _once(job: Job, reviews: PullRequestReviews, said: dict[str, Any], key: str) -> str:
    secret = job.services.settings.webhook_secret.get_secret_value().encode()
    scope = f"task:{job.task.id}"
    marks = {each: marker(secret, scope, each) for each in (_ON_LINES, _PLAIN)}
    page = job.services.task_url(job.task.id)
    body = f"{marks[key]}\n{review_body(job.task, said['head_sha'], said, task_url=page)}"
    comments = [_line_comment(one) for one in said["comments"]]

    def write() -> dict[str, str]:
        # Without lines it needs no commit, and that one may have been pushed away by force.
        on = "" if key == _PLAIN else said["head_sha"]
        return {"url": reviews.write(on, body, comments)}

    def find() -> dict[str, str] | None:
        # In either form: an earlier job may have written it as the other one.
        found = filter(None, map(reviews.own_review, marks.values()))
        return next(({"url": url} for url in found), None)

    done = job.services.effects.once(scope, key, do=write, look=find, lease=job.lease)
    return str(done["url"])


def _line_comment(one: dict[str, Any]) -> LineComment:
    return LineComment(
        path=one["path"],
        line=one["line"],
        body=line_comment(one),
        start_line=one["start_line"],
        on_new_side=one["on_new_side"],
    )
