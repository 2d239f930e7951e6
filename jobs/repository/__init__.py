"""Fetches the base commit and turns what an agent left behind into a tree, a commit and a branch.

Reading order: git (the one door to the program), mirror and pack (code in), paths and change
(the hostile stream that comes out), policy (what may be changed), tree (the change as objects),
push (out to GitHub).
"""
