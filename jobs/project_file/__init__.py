"""What a project says about itself to Patchbay: `.github/agent.yml`, as it is on the base commit.

Read in this order: `file` (the whole, by sections), `verify` and `environment` (one section each),
`nodes` (where in the file something stands, and the words for a mistake).
"""
