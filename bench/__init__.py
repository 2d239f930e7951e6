"""Measures speed and memory, and works on real tasks; `script/bench` runs it, nothing asserts it."""
