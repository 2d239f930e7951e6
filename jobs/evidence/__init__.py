"""Measures what a change does: the project's checks on the base and on the change, by the bot.

Read in this order: `check` (what one is), `detect` with `python_project` and
`other_projects` (which ones there are), `run` (both sides, in two sandboxes), `probe` (how one
check is run and its report read), `reports`, `tap` and `verbose` (what a runner says of each test),
`runners` and `outcome` (what its words mean), `verdict` and `evidence` (what it all comes to),
`before` (what is said of the base alone).
"""
