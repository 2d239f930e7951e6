"""Checks on the bot's pull requests: its own check run, and the repair of others that fail.

Read in this order: `check_run` (what stands on the head of the pull request while a task works and
after it), `look_here` (the lines that a person should look at), `repair` (a task that mends what
fails), `hold` (whether the repository's checks may run on what the agent wrote).
"""
