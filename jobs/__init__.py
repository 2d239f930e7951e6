"""Does the work: what the workers run.

Read in this order: `entry` (how a process is put together), `queues` (what travels through
Redis), `handle_delivery` (a webhook becomes a task), `run_task` (a task becomes a pull request),
and then the parts that `run_task` names: `repository`, `sandbox`, `model`, `agent`, `evidence`,
`pull_request`. `clock` picks up whatever was left lying.
"""
