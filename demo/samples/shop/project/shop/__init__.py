"""The arithmetic behind a small shop."""
