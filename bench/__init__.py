"""Measures speed and memory, and works on real tasks; `script/bench` runs it, nothing asserts it.

Read `__main__` (the command line), `measures` (which figures, in which order), then the measure
that you wonder about: `first_command`, `steps`, `requests`, `five_tasks`, `receiver`, `memory`,
`docker_itself`. They live in a `world`, follow `scripts`, give `figures`, and end up in a `report`
with the facts of the `machine`. `real_tasks` is the other half; it takes `releases` apart.
"""
