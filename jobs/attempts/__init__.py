"""Several independent attempts at one task, of which what was measured chooses one."""
