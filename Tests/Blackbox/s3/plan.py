"""Which fault meets which request."""

import random
import threading

from . import faults


def is_put(entry) -> bool:
    """PUTs of objects: what landing is about. The usual subject of a plan; other requests pass."""
    return entry.method == "PUT" and bool(entry.key) and "?" not in entry.target


class Always:
    def __init__(self, fault=None, only=lambda entry: True):
        self._fault, self._only = fault or faults.through(), only

    def choose(self, entry):
        return self._fault if self._only(entry) else faults.through()


class Script:
    """The given faults in order, one per matching request; after them everything passes."""

    def __init__(self, *steps, only=is_put):
        self._steps, self._only, self._lock = list(steps), only, threading.Lock()

    def choose(self, entry):
        with self._lock:
            return self._steps.pop(0) if self._steps and self._only(entry) else faults.through()

    @property
    def done(self) -> bool:
        return not self._steps


class Seeded:
    """The n-th matching request meets the n-th draw from the seed: with probability `trouble` one of the faults.

    `heal()` ends the trouble, for the part of a test that must come to rest.
    """

    def __init__(self, seed, choices, trouble=0.5, only=is_put):
        self.seed = seed
        self._dice, self._choices, self._trouble, self._only = random.Random(seed), list(choices), trouble, only
        self._lock = threading.Lock()
        self._healed = False

    def choose(self, entry):
        if self._healed or not self._only(entry):
            return faults.through()
        with self._lock:
            if self._dice.random() >= self._trouble:
                return faults.through()
            return self._dice.choice(self._choices)

    def heal(self):
        self._healed = True
