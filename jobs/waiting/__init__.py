"""Lets a task wait for people: what it asks, how its job gives everything back, and its return."""
