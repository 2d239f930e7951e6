"""Measures the agent on tasks with a known answer: the same `solve` as the worker, without GitHub.

Read in this order: `__main__` (the command line), `instances` (what the agent may know of a task)
and `gold` (what it may not), `origins` with `sdist` (how the code comes here), `run` with
`processes` (who works on what, and how it is taken up again), `jobs_alone` and `attempt` with
`trajectory` (one process, one attempt), `grade` with `patches`, `results`, `reports` and `verdict`
(one process, one judgement, in a sandbox of its own), `files` and `written` (what is kept),
`report` with `statistics`, and `scripted` with `plays` (a model that is played, to try the judge).

What is known of an answer is read in two places: by the process that judges, and by the server that
plays a model. A process in which an agent works is handed a `Problem`, and never learns from which
file it came.
"""
