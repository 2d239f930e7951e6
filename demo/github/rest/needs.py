"""What operations ask of their caller, by topic."""

from demo.github.permissions import Need

SEE = Need()
READ_CONTENTS = Need(("contents",), "read", "read")
WRITE_CONTENTS = Need(("contents",), "write", "write")
READ_ISSUES = Need(("issues", "pull_requests"), "read", "read")
SPEAK = Need(("issues", "pull_requests"), "write", "read")
"""Everybody who reads may open issues, comment and react."""
TRIAGE = Need(("issues", "pull_requests"), "write", "triage")
WRITE_ISSUES = Need(("issues", "pull_requests"), "write", "write")
READ_PULLS = Need(("pull_requests",), "read", "read")
OPEN_PULLS = Need(("pull_requests",), "write", "read")
WRITE_PULLS = Need(("pull_requests",), "write", "write")
READ_CHECKS = Need(("checks",), "read", "read")
WRITE_CHECKS = Need(("checks",), "write", "write")
READ_ACTIONS = Need(("actions",), "read", "read")
WRITE_ACTIONS = Need(("actions",), "write", "write")
READ_STATUSES = Need(("statuses", "contents"), "read", "read")
WRITE_STATUSES = Need(("statuses",), "write", "write")
ADMINISTER = Need(("administration",), "write", "admin")
