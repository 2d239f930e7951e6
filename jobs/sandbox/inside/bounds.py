"""Holds the numbers that both sides of the stream go by."""

MAX_HEADER = 64 * 1024
MAX_BODY = 1024 * 1024
MAX_TEXT = 1024 * 1024
"""The longest text that `edit` and `write` take."""
MAX_SCRIPT = 8 * 1024 * 1024
MAX_COMMAND_S = 1800.0
"""However long a command is given."""
POLITE_S = 2.0
"""So long a command has to end by itself when its time is over."""
READ_LINES = 800
"""So many lines of a file are shown at once."""

MEMORY, PROCESSES, DISK, FILE, TIME, OUTPUT = (
    "memory",
    "processes",
    "disk",
    "file",
    "time",
    "output",
)
"""The limits that a command can run into."""
FOLDERS = ("/workspace", "/tmp", "/dev/shm")
"""The folders with a size of their own that commands write to."""
