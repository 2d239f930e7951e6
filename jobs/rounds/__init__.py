"""Review rounds: one pass over the open threads of the bot's pull request, on the same branch.

Read in this order: `round` (what a round is, and how it is kept), `taking` (which threads it
takes), `suggestions` (those that the bot carries out itself), `reading` (what the agent is given),
`answers` (what it says of each thread), `branch` (a commit more on a branch, over nobody),
`replying` (a word in each thread), `measuring` (where no agent does it), `address` and `sync` (the
two tasks, as tables of contents).
"""
