"""A GitHub on this machine, for the demo and the tests.

Read in this order: `state` (what there is), `acts` (what people and programs do to it), `present`
(how GitHub writes it as JSON), `rest`, `graphql` and `git_http` (the protocols), `deliveries`
(webhooks out), `faults` and `control` (switches for tests), `server` (all of it together).
"""
