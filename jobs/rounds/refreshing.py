"""Brings the pull request's text up to date after a round, and folds what earlier rounds said."""

from typing import Any

import structlog

from bot.comments.evidence import evidence_table
from bot.comments.held import is_held, with_held_note
from bot.comments.rounds import evidence_after, with_evidence
from bot.conversation import scope_of
from bot.github_errors import GitHubError
from bot.handlers.refreshed import text_key
from bot.own_word import word_for
from jobs.job import Job
from jobs.rounds.place import Place
from jobs.rounds.round import Round
from records.effects import Ambiguous

_log = structlog.get_logger()


def show_evidence(job: Job, place: Place, taken: Round, sha: str) -> None:
    """Put the evidence of this round into the pull request's text, where the last one stood."""
    task = job.services.tasks.get(job.task.id)
    number = task.pull_request_number
    table = evidence_table(task.evidence, task.base_sha or "")
    if not table or number is None:
        return
    table = job.services.redactor.clean(evidence_after(taken.number, sha, table))
    body = place.reviews.opened().body
    if is_held(place.repository.commit_message(sha)):
        # In the evidence's own place: what else stands in the text is people's as well.
        command = word_for(task, job.services.settings.command)
        table = with_held_note(table, with_evidence(body, ""), command)
    wanted = with_evidence(body, table)
    if wanted == body:
        return
    # On record before it is written: GitHub tells of it at once, see bot/handlers/refreshed.py.
    scope, key = scope_of(task.repository_id, number), text_key(wanted)
    job.services.effects.once(scope, key, do=dict, look=lambda: None, lease=job.lease)
    place.repository.update_pull_request_body(number, wanted)


def fold_earlier(job: Job, place: Place) -> None:
    """Fold the comments of earlier rounds as outdated; a failure is only logged."""
    task = job.task
    tasks = job.services.tasks
    for earlier in map(tasks.get, tasks.rounds.on(task.repository_id, task.issue_number)):
        comment_id = earlier.status_comment_id
        if earlier.id == task.id or not comment_id or not earlier.state.ended:
            continue

        def fold(comment_id: int = comment_id) -> dict[str, Any]:
            place.reviews.hide_comment(comment_id)
            return {}

        try:
            job.services.effects.once(
                f"task:{task.id}",
                f"fold:{comment_id}",
                do=fold,
                look=lambda: None,
                lease=job.lease,
            )
        except (GitHubError, Ambiguous) as trouble:
            _log.info("round.not_folded", task=task.id, error=str(trouble))
