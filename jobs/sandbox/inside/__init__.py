"""The tool server: what answers inside a sandbox, as process 1 of its container.

Standard library only and Python 3.8 upwards, because it runs on the image's Python; `bundle` sends
its sources over the stream at each start. Read in this order: `server` (one request at a time),
`frames` (how they travel), `shell` with `processes` and `output` (commands), `reading`, `editing`
with `matching` and `syntax` (files), `patching` with `chunks` and `page` (several at once),
`code_in`, `change` and `restoring` with `git` (the work tree), `stripping` (the tree out again,
after a set-up), `places` (which folder is what).
"""
