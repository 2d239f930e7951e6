"""Measures what a change does: the project's checks on the base and on the change, by the bot.

Reading order: detect and settings (which checks there are), run (both sides, in two sandboxes),
probe (how one check is run and its report read), outcome (what a runner's words mean), verdict
and evidence (what it all comes to).
"""
