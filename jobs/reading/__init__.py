"""Runs the agent on tasks that change nothing: what comes of them is words.

Read in this order: `rules` (what every such run is told), `citations` (places in the code, looked
up by us), `run` (the run), `result` (where what came of it is kept). What is asked for, and what is
made of it, is in `jobs/plans`, `jobs/answers` and `jobs/reviews`.
"""
