"""Measures speed and memory, and works on real tasks; `script/bench` runs it, nothing asserts it.

Read `__main__` (the command line), `measures` (which figures, in which order), then the measure
that you wonder about: `first_command`, `steps`, `requests`, `five_tasks`, `receiver`, `memory`;
for sandboxes `starts`, `others` (with `others_at_work`), `code_in`, `first_clone`, `second_task`,
`removal`. They live in a `world` or with a keeper (`keeping`), follow `scripts`, take
`repositories`, give `figures`, and end up in a `report` with the facts of the `machine`.
`real_tasks` and `projects` (with `chosen_projects` and `prepared_projects`) are the other half;
they take `releases` apart.
"""
