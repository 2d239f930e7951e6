"""Hears commands on GitHub and says what became of them.

Read in this order: `settings` (what an operator chooses), `webhook` (is it GitHub?), `events` (what
happened), `plain_text` and `commands` (what a person wrote), `dispatch` (who answers), `request`
(what a handler is given), `permissions` (may they?), `handlers/` (the answers), `conversation` (how
they are said, once), `comments/` with `limits` and `task_links` (all words), `github_app`,
`github_repository` and `github_errors` (the wire to GitHub), `secret_forms`, `redaction` and
`logging` (what is never written down).
"""
