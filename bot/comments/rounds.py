"""The words of a review round: in each thread, over all of it, and in its commits."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.comments.answers import person
from bot.comments.neutral import code, plain, words
from bot.comments.readable import plural, span

_REASON = 1_200
_ROWS = 40
_PATHS = 10
_HEADLINE = 72
_EVIDENCE = ("<!-- patchbay evidence -->", "<!-- patchbay end of evidence -->")
_BETWEEN = re.compile(f"{re.escape(_EVIDENCE[0])}.*?{re.escape(_EVIDENCE[1])}", re.DOTALL)
_OLD = re.compile(r"⚠️ \*\*The evidence is of (?P<of>[^\n*]+)\.\*\*[^\n]*\n*")

ROUND = "round"
"""What a result in the log is called that is about a round of review."""
APPLIED, FIXED, NOT_CHANGED, QUESTION, UNSAID, NOT_PUSHED = (
    "applied",
    "fixed",
    "not changed",
    "question",
    "unsaid",
    "not pushed",
)
"""What can have become of a thread."""
_SIGNS = {
    APPLIED: "✅",
    FIXED: "✅",
    NOT_CHANGED: "↩️",
    QUESTION: "❓",
    UNSAID: "⚠️",
    NOT_PUSHED: "⚠️",
}


def thread_reply(outcome: str, said: str, sha: str, command: str) -> str:
    """Return the bot's word in one thread; what the agent says is marked as the agent's."""
    reason = words(said, _REASON)
    match outcome:
        case "applied":
            return f"Applied as suggested in {_commit(sha)}."
        case "fixed":
            return f"Fixed in {_commit(sha)}{f': {reason}' if reason else '.'}"
        case "not changed":
            return (
                f"Not changed: {reason or 'the agent gave no reason.'}\n\n"
                f"To insist, answer here and comment `{command} address`."
            )
        case "question":
            return f"A question: {reason}\n\nAnswer here, then comment `{command} address`."
        case "not pushed":
            return (
                f"The agent says: {reason or 'fixed'}. But nothing of it is on the branch; the "
                "comment of this round says why."
            )
        case _:
            changed = f" The round's commit is {_commit(sha)}." if sha else " Nothing was changed."
            return (
                f"The agent did not say what it did about this.{changed} Please look, and answer "
                f"here with `{command} address` below it to have it looked at again."
            )


def round_headline(entry: Mapping[str, Any]) -> str:
    """Return how a round ended that did what was asked for."""
    rows: Sequence[Mapping[str, Any]] = entry.get("threads") or ()
    if not rows:
        return "✅ Done, as asked"  # a wish without an open thread is no review
    done = sum(row.get("outcome") in {APPLIED, FIXED} for row in rows)
    return f"✅ Round {int(entry.get('round') or 1)} of the review: {done} of {len(rows)} done"


def rollup(entry: Mapping[str, Any]) -> str:
    """Return the table of a round's threads, from what the log holds of its end; "" without."""
    rows: Sequence[Mapping[str, Any]] = entry.get("threads") or ()
    lines = [_counts(rows)] if rows else []
    if rows:
        lines += ["", "| Thread | |", "|:--|:--|", *map(_row, rows[:_ROWS])]
    if len(rows) > _ROWS:
        lines.append(f"| … and {len(rows) - _ROWS} more | |")
    if left := _left_alone(entry):
        lines += ["", left]
    return "\n".join(lines)


def _counts(rows: Sequence[Mapping[str, Any]]) -> str:
    counted = {outcome: sum(row.get("outcome") == outcome for row in rows) for outcome in _SIGNS}
    named = [f"{count} {outcome}" for outcome, count in counted.items() if count]
    return f"**{plural(len(rows), 'thread')}:** {', '.join(named)}."


def _row(row: Mapping[str, Any]) -> str:
    outcome = str(row.get("outcome", ""))
    where, url = str(row.get("where", "")), str(row.get("url", ""))
    shown = f"[{code(where, 120)}]({url})" if url.startswith("http") and ")" not in url else where
    commit = f" {_commit(str(row['sha']))}" if row.get("sha") else ""
    return f"| {shown.replace('|', '&vert;')} | {_SIGNS.get(outcome, '')} {outcome}{commit} |"


def _left_alone(entry: Mapping[str, Any]) -> str:
    parts = []
    if strangers := int(entry.get("strangers") or 0):
        parts.append(f"{plural(strangers, 'thread')} by people without write access")
    if answered := int(entry.get("answered") or 0):
        parts.append(f"{plural(answered, 'thread')} with nothing new since my answer")
    return f"Left alone: {' and '.join(parts)}." if parts else ""


def round_commit(
    title: str, summary: str, *, issue: int, task_id: str, log_head: str, credited: Iterable[str]
) -> tuple[str, str]:
    """Return headline and body of a round's commit; `credited` are whole co-author lines."""
    headline = plain(title.strip() or "Address the review", _HEADLINE)
    body = [summary] if summary else []
    trailers = [f"Refs: #{issue}", f"Agent-Task: {task_id}", f"Agent-Log: sha256:{log_head}"]
    body.append("\n".join([*trailers, *dict.fromkeys(credited)]))
    return headline, "\n\n".join(body)


def suggestions_title(authors: Sequence[str]) -> str:
    """Return the headline of the commit that carries suggestions out."""
    names = " and ".join(re.sub(r"[^A-Za-z0-9_-]", "", login) for login in authors[:2])
    return plain(f"Apply suggestions of {names}" if names else "Apply suggestions", _HEADLINE)


def with_evidence(body: str, table: str) -> str:
    """Return a pull request's text with the newest evidence in the place of the last.

    Only what the bot wrote between its own marks is replaced; where they are gone, nothing is.
    """
    return _BETWEEN.sub(lambda _: evidence_part(table), body, count=1)


def with_evidence_of(newer: str, body: str) -> str:
    """Return a pull request's text with the evidence that a newer one of it has."""
    found = _BETWEEN.search(newer)
    return _BETWEEN.sub(lambda _: found[0], body, count=1) if found else body


def with_old_evidence(body: str, before: str, sha: str, issue: int) -> str:
    """Return a pull request's text that says of which commit its evidence is, after an undo.

    What is not measured closes no issue either.
    """
    note = (
        f"⚠️ **The evidence is of {_commit(before)}.** Changes were taken back since, last in "
        f"{_commit(sha)}, on which nothing was measured."
    )
    closes = re.compile(rf"^Closes #{issue}\b(?=[ \t\r]*$)", re.MULTILINE)
    body = closes.sub(f"Refs #{issue}", body, count=1)
    found = _BETWEEN.search(body)
    if found is None:
        return body
    table = found[0].removeprefix(_EVIDENCE[0]).removesuffix(_EVIDENCE[1]).strip()
    if old := _OLD.match(table):
        # It is still of the commit before the first of them.
        note = f"⚠️ **The evidence is of {old['of']}.**{note.partition('.**')[2]}"
        table = table[old.end() :].strip()
    return with_evidence(body, f"{note}\n\n{table}")


def evidence_part(table: str) -> str:
    """Return the evidence between the marks by which it is found again."""
    return f"{_EVIDENCE[0]}\n{table}\n{_EVIDENCE[1]}"


def evidence_after(number: int, sha: str, table: str) -> str:
    """Return the evidence of a round, which was measured against the commit before it."""
    return f"After round {number} of the review ({_commit(sha)}):\n\n{table}"


def pushed_meanwhile(why: str, branch: str) -> str:
    """Say that others' commits are in the way of a round's."""
    kept = f" What this round did is kept on the branch {code(branch, 200)}." if branch else ""
    return f"The branch has moved on, and nothing there is overwritten: {why}.{kept}"


def all_applied(*, checked: bool) -> str:
    """Say that a round needed no agent."""
    said = "Every open thread was a suggestion that fits, and is applied as it was written."
    return said if checked else f"{said} I ran no check on it."


def pull_request_gone() -> str:
    """Say that there is nothing left to work on."""
    return "The pull request is closed."


def nothing_to_merge(base: str) -> str:
    """Say that the branch has everything already."""
    return f"The branch has everything of {code(base, 100)} already."


def never_the_default() -> str:
    """Say that a branch became the default one, to which nothing is pushed."""
    return "The branch of this pull request is the default branch by now, and I never push to that."


def theirs_by_now(kept: str = "") -> str:
    """Say that nothing may be pushed to others' pull requests, and on which branch work is kept."""
    words = "`pr.others` of the project's file lets me push to nobody else's pull request by now."
    return f"{words} What I made is on the branch {code(kept, 255)}." if kept else words


def was_added(sha: str) -> str:
    """Say that a wish on a pull request became a commit on it."""
    return f"It is done in {sha[:10]}, one more commit on this pull request."


def was_merged(base: str, theirs: str, sha: str) -> str:
    """Say which merge commit brings which commit in."""
    return f"{code(base, 100)} at {_commit(theirs)} is merged into the branch: {_commit(sha)}."


def too_far_apart(base: str) -> str:
    """Say that the two branches have no beginning in common that was fetched."""
    return f"The branch and {code(base, 100)} have no commit in common that I could find."


def not_merged() -> str:
    """Say that nothing came of a merge."""
    return "The conflict is not resolved, so nothing was pushed."


def still_marked(paths: Sequence[str]) -> str:
    """Say that a merge is not done."""
    named = ", ".join(code(path, 120) for path in paths[:5])
    return f"Both sides of a conflict still stand in {named}, so nothing was pushed."


def nothing_open(strangers: int, answered: int) -> str:
    """Say that a round found nothing to do."""
    left = _left_alone({"strangers": strangers, "answered": answered})
    return f"There is no open thread to work on. {left}".strip()


def round_waits(seconds: float) -> str:
    """Say that a task is held back until a review is quiet; nothing where it is not."""
    if seconds <= 0:
        return ""
    return f"It begins in {span(seconds)}, or later if more is said in the review until then."


def undo_commit(what: str, issue: int, credited: str, trailer: str) -> tuple[str, str]:
    """Return headline and body of the commit that takes something back."""
    return plain(f"Undo {what}", _HEADLINE), f"Refs: #{issue}\n{trailer}\n{credited}"


def undone_comment(sha: str, paths: Sequence[str]) -> str:
    """Say what was taken back, and by which commit."""
    named = ", ".join(code(path, 120) for path in paths[:_PATHS])
    more = f" and {len(paths) - _PATHS} more" if len(paths) > _PATHS else ""
    return f"Taken back in {_commit(sha)}{f': {named}{more}' if paths else ''}."


def cannot_undo_comment(command: str, why: str) -> str:
    """Say why something cannot be taken back, and what can."""
    return (
        f"I have taken nothing back: {words(why, 400)}. `{command} undo` takes `last`, a commit of "
        "this pull request, or paths that it changes. What is left is to be done by hand, or by "
        f"`{command} address` with words that say what to take out."
    )


def not_ours_comment(command: str, verb: str) -> str:
    """Say that a verb is for the bot's own pull requests."""
    return (
        f"`{command} {verb}` works on pull requests that I opened, and this is none of them. "
        "Nothing was started."
    )


def enough_rounds_comment(command: str, rounds: int, login: str) -> str:
    """Ask a person to take over after so many rounds."""
    return (
        f"I have gone over this review {plural(rounds, 'time')}, and stop doing so by myself. "
        f"{person(login)}, please take it from here: push to the branch, say in a thread what is "
        f"still to be done and comment `{command} address` for one more round, or close the pull "
        "request."
    )


def enough_of_bot_comment(command: str, login: str, rounds: int) -> str:
    """Say that what another bot reviews is not gone over any more."""
    return (
        f"I have gone over what {code(login, 60)} says here {plural(rounds, 'time')}, and leave it "
        f"alone from now on. What of it is still to be done, somebody with write access can say: "
        f"`{command} address …`."
    )


def _commit(sha: str) -> str:
    return code(sha[:10], 40)
