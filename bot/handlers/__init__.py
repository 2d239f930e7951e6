"""The answers to commands, one module for each: fix, status, stop, help."""
