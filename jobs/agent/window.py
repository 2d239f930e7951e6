"""Notices a server that reads less than it is sent: some cut a long history without a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.agent import limits


@dataclass
class Window:
    """Holds what the model was told against what its server says that it read.

    Only words that every server keeps are counted: ours, tool results, and arguments of calls.
    What the model thought is sent back too, but most servers drop it again, so the size of the
    request would prove nothing. The rules and the tools are left out, which errs to the safe side.
    """

    told: int = 0
    """Tokens by our guess, of which a text may really have two thirds (code) or twice as many."""
    read: int = 0
    """The server's last figure."""
    cut_turns: int = 0
    """Turns in a row of which part was not read."""
    _told_before: int = 0
    _most: int = 0
    _last_reply: int = 0

    @property
    def is_too_small(self) -> bool:
        """Say whether the server cuts the history, beyond what a strange count could explain."""
        return self.cut_turns >= limits.CUT_TURNS

    def forget(self, tokens: int) -> None:
        """Note that old words were left out of the history by us: figures begin anew."""
        self.told -= tokens
        self._told_before = self._most = self.cut_turns = 0

    def look(self, usage: Mapping[str, Any]) -> None:
        """Take in the figures of a reply to everything that was told so far."""
        grown, news = self.told - self._told_before, self.told - self._told_before
        news += self._last_reply
        self._told_before, self._last_reply = self.told, usage["output"]
        if usage["estimated"]:
            return
        self.read = usage["input"]
        # Some servers count only what was not in their cache; then the figure is about the news.
        counts_all = self.read > 2 * news
        if counts_all and self.told >= limits.CUT_LEAST_TOKENS:
            self._judge(usage, grown)
        self._most = max(self._most, self.read)

    def _judge(self, usage: Mapping[str, Any], grown: int) -> None:
        # Others count what was in it beside the input.
        with_cache = usage["input"] + usage["cached"] + usage["cache_write"]
        tells = grown >= limits.CUT_LEAST_GROWTH
        still = self.read <= self._most + grown * limits.CUT_GROWTH_SHARE
        if with_cache < limits.CUT_SHARE * self.told or (tells and still):
            self.cut_turns += 1
        elif tells:
            self.cut_turns = 0
