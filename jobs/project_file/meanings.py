"""Says in one sentence what each section and each key means, for editors and for the manual."""

from collections.abc import Mapping

SECTIONS: Mapping[str, str] = {
    "trigger": "What starts a task besides a command.",
    "who": "Who may ask for what.",
    "env": "What is installed before the agent starts.",
    "verify": "How a change is checked.",
    "limits": "How far tasks may go; where the operator names less, less it is.",
    "pr": "How a change is handed in.",
    "paths": "What may be changed.",
    "review": "What is done about reviews and checks of the bot's pull requests.",
    "plan": "When a plan has to come first, and what the agent may ask.",
}

_LEAST_ROLE = "The least role for `{verb}`."
_ROLES = (
    *("fix", "plan", "ask", "review", "approve", "revise", "reject", "retry", "batch"),
    *("address", "ci", "autofix", "sync", "undo", "budget", "each"),
)

MEANINGS: Mapping[str, str] = {
    "version": "The form of this file; 1 is the only one.",
    "trigger.labels": "Labels that start a task, each with the verb that it stands for.",
    "trigger.assign": "Whether assigning the bot to an issue is a `fix`.",
    "trigger.mention": "Whether a line that begins with the bot's name is a command too.",
    **{f"who.{verb}": _LEAST_ROLE.format(verb=verb) for verb in _ROLES},
    "who.bots": "Logins of the bots that are listened to.",
    "who.trust_labels": "Labels by which people with write access vouch for an issue's text.",
    "who.refuse_labels": "Labels of issues on which nothing is started.",
    "env.image": "The image that everything of a task runs in, one of the operator's.",
    "env.setup": "Commands to run instead of what would be detected.",
    "env.network_hosts": "Hosts that the set-up reaches beside the operator's registries.",
    "env.packages": "Debian packages whose libraries and headers the project needs.",
    "env.setup_minutes": "How long the set-up may take.",
    "verify.quick": "The tests that belong to a change.",
    "verify.full": "The whole suite.",
    "verify.lint": "The linter.",
    "limits.usd": "What a task may cost, in US dollars.",
    "limits.tokens": "How many tokens a task may use, such as `400k`.",
    "limits.minutes": "How long a task may run.",
    "limits.steps": "How many calls of the model a task may make.",
    "limits.attempts": "How many attempts at one task may be asked for.",
    "limits.open_prs": "How many pull requests of the bot's may be open at once.",
    "limits.per_user_day": "How many tasks one person may start within 24 hours.",
    "limits.per_repository_day": "How many tasks there may be within 24 hours.",
    "limits.usd_day": "What all tasks may cost within 24 hours, in US dollars.",
    "pr.branch": "The name of a task's branch; begins with `agent/` and ends with `{task}`.",
    "pr.base": "The branch to work from and to open pull requests against.",
    "pr.draft": "`true`: always a draft. `false`: ready for review where all is done and clean.",
    "pr.labels": "Labels that pull requests get.",
    "pr.close_keyword": "Whether a change whose evidence is clean closes its issue when merged.",
    "pr.template": "Whether the repository's template for pull requests is used.",
    "pr.others": "What a `fix` on somebody else's pull request of this repository comes to.",
    "paths.protect": "A person is told to look at a change of these.",
    "paths.approve": "A change of these is published once a maintainer approves it.",
    "paths.deny": "A change of these is not published.",
    "paths.only": "A change of anything else is not published.",
    "review.auto": "Which submitted reviews start a round by themselves.",
    "review.resolve": "Which review threads the bot resolves.",
    "review.rounds": "How many rounds there are before a person is asked.",
    "review.ci_autofix": "Whether failing checks of the bot's pull requests are mended.",
    "review.ci_attempts": "How often failing checks of one change are mended.",
    "plan.required_for": "Labels, as `label:NAME`, with which a fix needs an approved plan.",
    "plan.ask_questions": "Whether the agent may ask people while it works.",
    "plan.question_timeout": "How long a question waits, such as `48h`.",
    "plan.at_deadline": "What becomes of a task whose questions nobody answers in time.",
}
