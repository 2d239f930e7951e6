"""Prepares a project's environment before the agent sees the code.

Read in this order: `environment` (what comes of it), `prepare` (the story of a set-up), `rules`
(what the operator allows), `plan` (what is to be done, as commands), `detect` (where a plan comes
from) with `manifests`, `languages`, `python_plan` (with `python_manifest`, `requirement_files`,
`poetry_needs` and `interpreters`), `node_plan` (with `npm_again`) and `other_plans`; then `key`
(when a set-up is done again), `running` (the commands in their sandbox) with `tools` and `debian`,
`outcome` (what this machine remembers) and `facts` (what the agent is told).
"""
