"""Does the work: what the workers run.

Read in this order: `intake`, `agent_worker` and `keep_time` (the three processes), `queues` (what
travels through Redis), `handle_delivery` (a webhook becomes a task), `run_task` (a task becomes a
pull request), and then the parts that `run_task` names: `checkout`, `workplace` with `setup`,
`solve` with `abilities`, `repository`, `sandbox`, `model`, `agent` and `evidence`,
`github_context`, `pull_request` with `marking`, `status_comment`.
`patience` and `fresh` wait for GitHub; `clock` picks up whatever was left lying.
"""
