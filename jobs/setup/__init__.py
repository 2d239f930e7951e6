"""Prepares a project's environment before the agent sees the code.

Read in this order: `environment` (what comes of it).
"""
