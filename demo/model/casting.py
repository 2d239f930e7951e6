"""Decides which script a conversation is played from."""

import threading
from collections import Counter
from collections.abc import Sequence

from demo.model.conversation import Conversation
from demo.model.script import Script


class Casting:
    """Gives every conversation its script: the first that fits, or the next of several variants.

    Conversations that begin alike are told apart by the ids of the calls that they were answered
    with, so that nothing has to be remembered of one once it has begun.
    """

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()
        self._lock = threading.Lock()

    def script_of(self, conversation: Conversation, scripts: Sequence[Script]) -> Script | None:
        """Return the script, if there is one for it."""
        beginning = conversation.first_user_message
        fitting = [each for each in scripts if each.fits(beginning)]
        if not fitting or not fitting[0].variant:
            return next(iter(fitting), None)
        variants = {each.variant: each for each in fitting if each.variant}
        if conversation.variant:
            return variants.get(conversation.variant)
        with self._lock:
            begun = self._begun[beginning]
            self._begun[beginning] += 1
        return list(variants.values())[begun % len(variants)]
