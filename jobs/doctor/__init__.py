"""Looks at an installation and says what is not as it must be: `python -m jobs.doctor`.

Read in this order: `finding` (what a check says), `sandboxes`, `installation`, `model` and `github`
(the checks, each of one part), `__main__` (which are made, and how they are shown).
"""
