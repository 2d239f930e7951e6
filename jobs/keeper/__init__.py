"""The one process of a machine that may speak to Docker, and how the others ask it for sandboxes.

Read in this order: `protocol` (all that can be said), `channel` (how it is carried), `client`
(`Keeper`: what workers and the clock have), `server` (connections), `desk` (what each request
comes to), `pool` (sandboxes started in advance), `pressure` (when there is no room for those),
`sweeping` (what was left lying), `__main__` (the process).
"""
