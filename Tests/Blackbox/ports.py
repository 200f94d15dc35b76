"""Ports for servers of tests, of which several sessions may run at once."""

import random
import socket

# What is claimed stays so until this process ends.
_claims = []


def free_port() -> int:
    """A port that nobody listens on, and that no other test on this machine is given.

    Below those that the kernel hands out by itself: one of these can be anybody's by the time a server binds it, or binds it
    again.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0sluice-tests-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
