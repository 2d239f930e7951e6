"""Reviews a pull request: the agent reads it, and what it says of lines becomes one review.

Read in this order: `diff_lines` (which lines may be spoken of), `shown` and `fetched` (the change
as the agent is shown it, and how it comes here), `handed` (what a review is, and what is wrong with
one), `review` (how it comes about).
"""
