"""What the long form of the black-box tests, `make torture`, promises to have injected at the least."""

MINIMUMS = {
    "kill -9 under load": 500,
    "EIO from a sync or a write of the journal": 300,
    "a partition between gateway and store": 50,
    "a full disk": 20,
}


def shortfalls(injected, skipped=()):
    """A line for each count that is short of its minimum, and for each test that was skipped; none if all was kept."""
    short = [f"{injected.get(what, 0):,} x {what}, of at least {least:,}"
             for what, least in MINIMUMS.items() if injected.get(what, 0) < least]
    return short + [f"{test} was skipped" for test in skipped]
