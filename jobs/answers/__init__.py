"""Answers a question about the code: the agent looks, and we look up what it names."""
