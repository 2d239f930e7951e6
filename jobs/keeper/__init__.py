"""The one process of a machine that may speak to Docker, and how the others ask it for sandboxes.

Read in this order: `protocol` (all that can be said), `channel` (how it is carried), `client`
(`Keeper`: what workers and the clock have), `server` (connections), `desk` (what each request
comes to), `allowance` (what may be asked for), `pool` (sandboxes started in advance), `waiting`
(one of them), `demand` (how many of which), `pressure` (when there is no room for any), `sweeping`
(what was left lying), `__main__` (the process). `reach` tells workers whether they could go around.
"""
