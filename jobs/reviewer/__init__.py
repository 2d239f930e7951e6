"""A second look at a change: a fresh context that sees the issue, the change and the evidence."""
