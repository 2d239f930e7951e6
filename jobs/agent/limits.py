"""Holds every number of the loop and its tools; the texts that the model reads are made of them."""

from typing import Final

from jobs import sandbox

BASH_MAX_S: Final = round(sandbox.MAX_COMMAND_S)
READ_LINES: Final = sandbox.READ_LINES
CALLS_PER_TURN: Final = 16
PLAN_STEPS: Final = 20
PLAN_STEP_CHARS: Final = 200
SUBMIT_CHECKS: Final = 5
SUMMARY_CHARS: Final = 2000
TITLE_CHARS: Final = 72

EXPLORE_PER_TURN: Final = 3
EXPLORE_TURNS: Final = 20
EXPLORE_SHARE: Final = 0.25
"""Of what is left of a task's turns, tokens and money, for one question."""
EXPLORE_CHARS: Final = 4_000
EXPLORE_WINDOW_SHARE: Final = 0.6
"""Of the context window; from here on a helper has to come to its answer."""
EXPLORE_MAX_OUTPUT: Final = 8_000
QUESTIONS: Final = 3
CHOICES: Final = 5
QUESTION_CHARS: Final = 600
CHOICE_CHARS: Final = 300
PACKAGES: Final = 10
PACKAGE_REQUESTS: Final = 2
"""In a task: the second is for what the first came to, as a version that there is not."""
REASON_CHARS: Final = 600
GITHUB_PER_TASK: Final = 10
GITHUB_BYTES: Final = 24 * 1024
GITHUB_BODY_BYTES: Final = 12 * 1024

GATE_ROUNDS: Final = 3
DIFF_CHARS: Final = 24_000

TIMEOUTS_BEFORE_WARNING: Final = 2
TIMEOUTS_BEFORE_END: Final = 4
FORMAT_ERRORS: Final = 3
"""So many turns in a row without one readable call end the work."""
EMPTY_REPLIES: Final = 2
"""So many in a row are allowed: the first is answered, the second is asked again."""
TEXT_REPLIES: Final = 2
"""So many in a row are answered; the next one is taken as handing in what there is."""
IDLE_REPLIES: Final = 6
"""So many in a row without one call, for whatever reasons, end the work."""
REFUSALS: Final = 1
"""So many in a row are answered."""

REPEATS_BEFORE_WARNING: Final = 3
REPEATS_BEFORE_END: Final = 6
STALE_TURNS: Final = 25
"""So many turns in which nothing new was seen earn a warning, and three times as many the end."""
REMINDER_TURNS: Final = 30
WARN_SHARE: Final = 0.8
"""Of a budget; from here on the model is told to come to an end."""

MASK_SHARE: Final = 0.75
"""Of the context window; from here on old tool results are left out."""
MASK_KEEP_TURNS: Final = 12
MASK_KEEP_TOKENS: Final = 40_000
MASK_MIN_TOKENS: Final = 20_000
"""Freeing less is not worth the loss of the server's cache."""
MASK_KEEP_SHARE: Final = 0.3
MASK_MIN_SHARE: Final = 0.15
"""The same two in small windows, as shares of the window."""

RECAP_SHARE: Final = 0.6
"""Of the window; where leaving out old tool results would not come below it, the model recaps."""
RECAPS: Final = 4
RECAP_KEEP_TURNS: Final = 3
RECAP_KEEP_SHARE: Final = 0.3
"""Of the window; so many of the newest turns stay whole, as far as they take no more than this."""
RECAP_MIN_GAIN: Final = 0.1
RECAP_WORDS: Final = 700
RECAP_TOKENS: Final = 2_000
"""So much is a recap expected to take, with what the records say."""
RECAP_CHARS: Final = 12_000
RECAP_FACTS_CHARS: Final = 6_000
OVERFLOWS: Final = 3
"""So often may a server find one request too long."""
OVERFLOW_SHARE: Final = 0.8
"""Of a history that is too long even for being summed up; the newest part of it is tried."""

CUT_TURNS: Final = 4
"""So many turns in a row of which the server read only a part end the work."""
CUT_LEAST_TOKENS: Final = 8_000
"""Shorter histories fit into any window, and one strange text in them weighs too much."""
CUT_SHARE: Final = 1 / 3
"""Of what we guess at four bytes a token. Dense code has up to six and a half, which is a share of
0.6; fewer than a third would take twelve bytes a token, in a whole history."""
CUT_LEAST_GROWTH: Final = 500
CUT_GROWTH_SHARE: Final = 0.1
"""Of what is new; a server that reads it all counts six tenths of it at the least."""

GUIDANCE_BYTES: Final = 32 * 1024
ISSUE_BYTES: Final = 48 * 1024
COMMENT_BYTES: Final = 8 * 1024
REMARK_BYTES: Final = 4 * 1024
"""Of what somebody writes on the issue while the work goes on; each recap holds all of them."""
REVIEW_ISSUE_BYTES: Final = 12 * 1024
NESTED_BYTES: Final = 8 * 1024
"""Of the instructions of one folder, and four times that of all of them in a task."""
TOP_ENTRIES: Final = 60
BYTES_PER_TOKEN: Final = 4
