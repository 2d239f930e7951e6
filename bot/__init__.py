"""Hears commands on GitHub and says what became of them.

Read in this order: `settings` (what an operator chooses), `webhook` (is it GitHub?), `events` (what
happened), `commands` (what a person wrote), `permissions` (may they?), `dispatch` (who answers),
`handlers/` (the answers), `comments/` (all words), `github_app` and `github_repository` (the wire
to GitHub), `redaction` and `logging` (what is never written down).
"""
