"""Stands in for a language model: an OpenAI-compatible server that plays scripts.

Read in this order: `script` (what a script says), `conversation` (which turn a request asks
for), `chat_replies` and `response_replies` (a turn in either protocol), `faults` (how an answer
goes wrong), `record` (what was asked), `server` (the HTTP side). `python -m demo.model` starts it.
"""

from demo.model.record import Recorded
from demo.model.script import Fault, Script, ScriptError, Turn, read_scripts
from demo.model.server import ScriptedModel

__all__ = ["Fault", "Recorded", "Script", "ScriptError", "ScriptedModel", "Turn", "read_scripts"]
