"""Remembers deliveries, tasks, actions and effects; the database is the truth, Redis only a bell.

Read in this order: `schema` (the tables), `database` (how a transaction is had), `deliveries` (what
GitHub sent), `task` (the words for what people asked for) and `tasks` (who may write for it),
`actions` (what was done, chained by hash), `effects` (each write to GitHub, once), `checkpoints`
(where a task can go on), `named_leases` (which clock works).
"""
