"""Answers checks that failed on the bot's commit: mended, run again, or left alone, and why."""

from dataclasses import replace
from typing import Any, assert_never

from bot.check_events import ChecksEnded
from bot.comments import checks as words
from bot.failing_checks import Failure, Kind, Surroundings, failures, worst
from bot.github_checks import CheckRun, GitHubChecks
from bot.github_errors import AWAY, GitHubError, Invalid, NotFound, PermissionsMissing
from bot.own_pull_requests import opened_by, task_on
from bot.request import Outcome, Request
from bot.starting import start
from records.deliveries import DeliveryState
from records.effects import Ambiguous
from records.task import Task, TaskNotFound

READS = {"checks": "read", "contents": "read", "pull_requests": "read", "metadata": "read"}
READS_LOGS = {**READS, "actions": "read"}
_RUNS_AGAIN = {**READS, "actions": "write"}
MOST_BY_ITSELF = 3
"""Repairs of one pull request that nobody asked for."""
_LOG_BYTES = 64 * 1024
_BOTS_OWN = "\nAgent-Task: "


def checked(event: ChecksEnded, request: Request) -> Outcome:
    """Do something about checks that failed on the bot's pull request, or say why not."""
    origin = opened_by(request)
    if origin is None or not origin.branch or not event.issue.is_open:
        return _nothing("not an open pull request of the bot's")
    checks, may_run_again = _checks(request)
    runs = [
        run
        for run in checks.of_commit(event.suite.head_sha)
        if run.suite_id == event.suite.suite_id and not is_ours(run, request)
    ]
    if not any(run.failed for run in runs):
        return _nothing("no check failed")
    if why := _not_ours_to_mend(event, request):
        return _nothing(why)
    around = _around(event, origin, checks, may_run_again=may_run_again, request=request)
    return _answered(failures(runs, around), event, origin, request, may_run_again=may_run_again)


def is_ours(run: CheckRun, request: Request) -> bool:
    """Say whether a check run is the bot's own report about a task."""
    if run.name != words.NAME or not run.external_id:
        return False
    try:
        request.context.tasks.get(run.external_id)
    except TaskNotFound:
        return False
    return True


def switched_on(request: Request) -> bool:
    """Say whether failing checks of this pull request are mended by themselves."""
    event = request.event
    record = request.context.tasks.pulls.get(event.repository.id, event.issue.number)
    return request.project().review.ci_autofix if record.autofix is None else record.autofix


def _nothing(why: str) -> Outcome:
    return Outcome(DeliveryState.IGNORED, why)


def _checks(request: Request) -> tuple[GitHubChecks, bool]:
    """Open the checks with what the App may, and say whether it may run workflows again."""
    event, github = request.event, request.context.github
    for permissions in (_RUNS_AGAIN, READS_LOGS, READS):
        try:
            repository = github.kept_repository(
                event.installation_id, event.repository.id, permissions
            )
        except PermissionsMissing:
            if permissions is READS:
                raise
        else:
            return repository.checks, permissions is _RUNS_AGAIN
    raise AssertionError("the last of them is returned or raises")


def _not_ours_to_mend(event: ChecksEnded, request: Request) -> str:
    """Say why failing checks are somebody else's, or nothing."""
    repository = request.context.github.kept_repository(
        event.installation_id, event.repository.id, READS
    )
    sha = event.suite.head_sha
    if repository.reviews(event.issue.number).opened().head_sha != sha:
        return "the branch has moved on"
    known = request.context.tasks.pulls.with_head(event.repository.id, sha)
    if known is None and _BOTS_OWN not in repository.commit_message(sha):
        return "somebody else's commit"
    return "" if switched_on(request) else "autofix is off"


def _around(
    event: ChecksEnded,
    origin: Task,
    checks: GitHubChecks,
    *,
    may_run_again: bool,
    request: Request,
) -> Surroundings:
    sha, tasks = event.suite.head_sha, request.context.tasks
    known = tasks.pulls.with_head(event.repository.id, sha)
    evidence = (tasks.get(known[0]).evidence if known else None) or {}
    return Surroundings(
        on_base=failing_on(checks, origin.base_sha),
        on_head=checks.all_of_commit(sha),
        said=lambda run: said_by(checks, run),
        flaky_tests=_flaky_tests(evidence),
        clean=bool(evidence.get("clean")),
        may_run_again=may_run_again,
    )


def failing_on(checks: GitHubChecks, sha: str | None) -> frozenset[str]:
    """Return the names of the checks that fail on a commit; none where nobody has checked it."""
    try:
        runs = checks.of_commit(sha) if sha else ()
    except (NotFound, Invalid):
        return frozenset()
    return frozenset(run.name for run in runs if run.failed)


def said_by(checks: GitHubChecks, run: CheckRun) -> str:
    """Return what a run remarks and the end of its log."""
    try:
        remarks = checks.remarks(run.id)
    except (NotFound, Invalid):
        remarks = ()
    return "\n".join((*remarks, checks.log(run, _LOG_BYTES)))


def _flaky_tests(evidence: dict[str, Any]) -> frozenset[str]:
    groups = [(row.get("cases") or {}).get("flaky") or {} for row in evidence.get("rows") or ()]
    return frozenset(str(name) for group in groups for name in group.get("names") or ())


def _answered(
    found: tuple[Failure, ...],
    event: ChecksEnded,
    origin: Task,
    request: Request,
    *,
    may_run_again: bool,
) -> Outcome:
    sha = event.suite.head_sha
    kind = worst(found)
    shown = [one for one in found if one.kind is kind]
    match kind:
        case Kind.CODE:
            return _mend(shown, event, origin, request)
        case Kind.CHANCE:
            again = may_run_again and _run_again(event, request)
            text = words.flaky_comment(request.context.command, shown, sha, again=again)
            return _say(f"flaky:{event.suite.suite_id}:{sha}", text, kind, request)
        case Kind.OUTSIDE:
            text = words.outside_comment(request.context.command, shown, sha)
            return _say(f"outside:{sha}", text, kind, request)
        case Kind.KNOWN:
            names = ",".join(sorted({one.run.name for one in shown}))
            text = words.known_comment(shown, origin.base_sha or "")
            return _say(f"known:{names}", text, kind, request)
        case None:
            return _nothing("no check failed")
        case _:
            assert_never(kind)


def _say(key: str, text: str, kind: Kind, request: Request) -> Outcome:
    since = request.context.now() - 7 * 86_400
    request.conversation.say(f"checks:{key}", text, since=since)
    return Outcome(DeliveryState.HANDLED, f"checks failed: {kind}")


def _run_again(event: ChecksEnded, request: Request) -> bool:
    """Run the failed jobs once more; False if GitHub does not."""
    checks, _ = _checks(request)

    def do() -> dict[str, bool]:
        try:
            return {"again": checks.run_again(event.suite.suite_id)}
        except AWAY:
            raise  # the delivery comes again when GitHub is back
        except GitHubError:
            return {"again": False}

    try:
        done = request.context.effects.once(
            request.conversation.scope,
            f"run again:{event.suite.suite_id}",
            do=do,
            look=lambda: None,
        )
    except Ambiguous:
        return False
    return bool(done["again"])


def _mend(found: list[Failure], event: ChecksEnded, origin: Task, request: Request) -> Outcome:
    """Start a repair, if there is one left; else say that it is somebody's turn now."""
    context, sha = request.context, event.suite.head_sha
    lineage, number = _lineage(event, request)
    most = request.project().review.ci_attempts
    by_itself = [one for one in _repairs(request) if one.brief.get("by_itself")]
    if number > most or len(by_itself) >= MOST_BY_ITSELF:
        done = number - 1 if number > most else len(by_itself)
        text = words.no_more_repairs_comment(context.command, found, sha, done)
        return _say(f"enough:{lineage}", text, Kind.CODE, request)
    new = task_on(
        origin,
        "ci",
        request,
        head=sha,
        checks=[as_brief(one.run, one.why) for one in found],
        by_itself=True,
        lineage=lineage,
        repair=number,
    )
    new = replace(
        new,
        # One for each commit, however many suites fail on it.
        semantic_key=f"ci:{event.repository.id}:{sha}",
        requester=origin.requester,
        requester_id=origin.requester_id,
    )
    return start(new, request)


def as_brief(run: CheckRun, why: str) -> dict[str, Any]:
    """Write a failing check for a task's brief."""
    return {"id": run.id, "name": run.name, "app": run.app, "url": run.url, "why": why}


def _lineage(event: ChecksEnded, request: Request) -> tuple[str, int]:
    """Return the commit that the repairs began from, and which repair this would be."""
    tasks, sha = request.context.tasks, event.suite.head_sha
    known = tasks.pulls.with_head(event.repository.id, sha)
    maker = tasks.get(known[0]) if known else None
    if maker is None or maker.verb != "ci" or not maker.brief.get("by_itself"):
        return sha, 1
    return str(maker.brief["lineage"]), int(maker.brief["repair"]) + 1


def _repairs(request: Request) -> list[Task]:
    event, tasks = request.event, request.context.tasks
    return [
        tasks.get(task_id)
        for task_id in tasks.rounds.on(event.repository.id, event.issue.number, "ci")
    ]
