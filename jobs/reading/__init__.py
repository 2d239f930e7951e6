"""Runs the agent on tasks that change nothing: what comes of them is words.

Read in this order: `rules` (what every such run is told), `citations` (places in the code, looked
up by us), `digest` (what a plan is approved by), `run` (the run). What is asked for, and what is
made of it, is in `jobs/plans`, `jobs/answers` and `jobs/reviews`.
"""
