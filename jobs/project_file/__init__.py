"""What a project says about itself to Patchbay: `.github/agent.yml`, as it is on the base commit.

Read in this order: `file` (the whole, by sections), `keys` and `kinds` (what can be said, and how),
`sections` (who may ask, and how far), `verify` and `environment` (one section each), `meanings` and
`schema` (the same for people and editors), `nodes` (where in the file something stands, and the
words for a mistake).
"""
