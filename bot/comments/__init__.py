"""All words that the bot says on GitHub, as functions; handlers and jobs hold no prose.

Read in this order: `neutral` (how others' text is made harmless), `readable` (times and numbers),
`frame` (markers and limits), `answers` (to commands), `failures` (what keeps a task from what was
asked), `outcomes` (what it can honestly come to instead), `labels`, `views` (what texts are made
from), `action_log`, `evidence`, `limits_met` (of a sandbox), `plan` (of the agent), `status` (the
comment of a task), `pull_request`.
"""

from bot.comments.answers import (
    closed_comment,
    did_you_mean_comment,
    general_failure_comment,
    late_option_comment,
    locked_comment,
    misused_comment,
    no_such_attempts_comment,
    no_such_model_comment,
    no_such_option_comment,
    no_value_comment,
    nothing_to_stop_comment,
    one_command_comment,
    other_account_comment,
    refused_comment,
    refused_to_others_comment,
    stopping_comment,
    unchecked_comment,
)
from bot.comments.failures import Failure
from bot.comments.frame import fitted, marker
from bot.comments.helping import help_comment
from bot.comments.limits_met import limit_sentence, limit_words
from bot.comments.outcomes import not_measured, summary_text
from bot.comments.pull_request import commit_message, pull_request_body, pull_request_title
from bot.comments.standing import status_answer_comment
from bot.comments.status import status_comment
from bot.comments.views import Limits, LogLine, Look, Surroundings, log_lines

__all__ = [
    "Failure",
    "Limits",
    "LogLine",
    "Look",
    "Surroundings",
    "closed_comment",
    "commit_message",
    "did_you_mean_comment",
    "fitted",
    "general_failure_comment",
    "help_comment",
    "late_option_comment",
    "limit_sentence",
    "limit_words",
    "locked_comment",
    "log_lines",
    "marker",
    "misused_comment",
    "no_such_attempts_comment",
    "no_such_model_comment",
    "no_such_option_comment",
    "no_value_comment",
    "not_measured",
    "nothing_to_stop_comment",
    "one_command_comment",
    "other_account_comment",
    "pull_request_body",
    "pull_request_title",
    "refused_comment",
    "refused_to_others_comment",
    "status_answer_comment",
    "status_comment",
    "stopping_comment",
    "summary_text",
    "unchecked_comment",
]
