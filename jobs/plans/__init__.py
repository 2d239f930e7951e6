"""Makes a plan, lets people approve, revise or reject it, and hands it to the fix that follows.

Read in this order: `handed` (what a plan is, and what is wrong with one), `plan` (how it is made,
and waits), `approved` (what the agent of the fix is told of it).
"""
