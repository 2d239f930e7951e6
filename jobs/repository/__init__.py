"""Fetches the base commit and turns what an agent left behind into a tree, a commit and a branch.

Read in this order: `git` with `child` (the one door to the program), `mirror`, `fetch` and `pack`
(code in) with `snapshot` (reading a commit), `tags`, `ref_names` and `room` (the quota), `paths`
and `change` (the hostile stream that comes out), `policy` (what may be published) with `protected`,
`added_lines`, `secret_scan` and `test_files` (what it looks at), `tree` (the change as objects),
`push` (out to GitHub).
"""
