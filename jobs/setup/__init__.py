"""Prepares a project's environment before the agent sees the code.

Read in this order: `environment` (what comes of it), `plan` (what is to be done, as commands),
`detect` (where a plan comes from) with `manifests`, `languages`, `python_plan` (with
`python_manifest`, `requirement_files` and `interpreters`), `node_plan` and `other_plans`.
"""
