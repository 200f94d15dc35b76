"""Billing from POST to closed hours: real gateways, the shipped SQL, and sums computed here from what was acknowledged."""

import collections
import datetime
import decimal
import os
import random
import time

import pytest
from events import hour, usage
from lake import Lake, SQL
from region import SETTINGS, Region, close_all

BILLING = [SQL / name for name in (
    "bronze/billing_usage.sql", "bronze/ledger.sql", "silver/10_ledger.sql", "silver/20_billing_usage.sql",
    "gold/10_usage_hourly_now.sql")]
EVERY_BRONZE = sorted((SQL / "bronze").glob("*.sql"))
SEEDS = [int(seed) for seed in os.environ.get("SLUICE_LAKE_SEEDS", "1,2").split(",")]


class Books:
    """What producers were told: every acknowledged record once, whatever was sent how often and where."""

    def __init__(self):
        self.records = {}

    def add(self, events):
        for event in events:
            self.records.setdefault(event["event_id"], event)

    def sums(self):
        found = collections.defaultdict(lambda: [0, decimal.Decimal(0)])
        for event in self.records.values():
            cell = found[event["event_time"][:13], event["account_id"]]
            cell[0] += 1
            cell[1] += decimal.Decimal(str(event["usage_quantity"]))
        return {key: (count, quantity) for key, (count, quantity) in found.items() if count or quantity}


def table(lake, name):
    """Records and quantity per hour and account, as the lake's table has them."""
    return {(row["h"], row["account_id"]): (row["records"], row["quantity"]) for row in lake.rows(
        f"SELECT date_format(usage_hour, \"yyyy-MM-dd'T'HH\") AS h, account_id, sum(records) AS records, "
        f"sum(usage_quantity) AS quantity FROM {name} GROUP BY ALL HAVING sum(records) <> 0 OR sum(usage_quantity) <> 0")}


def difference(later, earlier):
    keys = later.keys() | earlier.keys()
    zero = (0, decimal.Decimal(0))
    found = {key: tuple(a - b for a, b in zip(later.get(key, zero), earlier.get(key, zero))) for key in keys}
    return {key: value for key, value in found.items() if any(value)}


def post_until_acknowledged(region, events, key, books):
    """A producer that keeps its batch and its key until it is told that the batch is there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            status = region.post("billing_usage", events, key).status
        except OSError:
            status = None
        if status in (200, 201, 202):
            return books.add(events)
        time.sleep(0.1)
    raise AssertionError(f"{key} was not acknowledged in 120 s:\n{region.gateway.tail()}")


def random_events(rng, base, count, kind):
    """Of hours before `base`."""
    return [usage(f"{kind}-{rng.getrandbits(64):016x}", base - datetime.timedelta(hours=rng.choice([2, 3, 4, 27, 50])),
                  rng.choice([0, 0.1, 1.25, 3, 1e2, 12345.678901]), rng.choice(["a1", "a2"])) for _ in range(count)]


def random_history(rng, base, regions, books, batches):
    """Batches to random gateways, sent again whole or in part to the same and to others, with crashes and cuts in between.
    A gateway that is cut off takes no batch of a strong stream; of an available one it does, and lands it later."""
    sent, cut = [], None
    for number in range(batches):
        if cut and rng.random() < 0.4:
            cut.heal()
            cut = None
        elif not cut and len(regions) > 1 and rng.random() < 0.15:
            cut = rng.choice(regions)
            cut.partition()
        region = rng.choice([region for region in regions if region is not cut or not region.strong])
        draw = rng.random()
        if draw < 0.2 and sent:
            events, key = rng.choice(sent)
        elif draw < 0.35 and sent:
            earlier, _ = rng.choice(sent)
            events, key = rng.sample(earlier, len(earlier) // 2 + 1), f"again-{number}-{rng.getrandbits(32):x}"
        else:
            events, key = random_events(rng, base, rng.randrange(1, 6), "r"), f"batch-{number}-{rng.getrandbits(32):x}"
        if rng.random() < 0.15:
            region.crash()
            region.restart()
        post_until_acknowledged(region, events, key, books)
        sent.append((events, key))
    if cut:
        cut.heal()
    return sent


@pytest.mark.parametrize("seed", SEEDS)
def test_closed_hours_hold_what_was_acknowledged_before_and_adjustments_the_rest(session, tmp_path, seed):
    rng = random.Random(seed)
    base = hour(0)  # The clock's hour may end meanwhile.
    newest_hour = base - datetime.timedelta(hours=2)
    # As it ships (strong), and as an available stream, whose batches are acknowledged before they land.
    strong = seed % 2 == 1
    streams = SETTINGS if strong else {
        **SETTINGS, "billing_usage": {**SETTINGS["billing_usage"], "consistency": "available"}}
    a, b = regions = [Region(tmp_path, name, tmp_path / "zone", streams) for name in ("use1-a", "euw1-a")]
    try:
        lake = Lake(session, tmp_path / "zone", tmp_path / "lake")
        lake.update(EVERY_BRONZE + BILLING[2:])  # The completeness job reads every table.
        books = Books()
        sent = random_history(rng, base, regions, books, 14)
        for region in regions:
            region.settle()

        # euw1-a is cut off; the grace ends after that. use1-a alone must not close an hour.
        b.partition()
        behind_the_cut = Books()
        if strong:
            assert b.post("billing_usage", random_events(rng, base, 1, "cut"), f"cut-{seed}").status == 503
        else:
            post_until_acknowledged(b, random_events(rng, base, 3, "cut"), f"cut-{seed}", behind_the_cut)
        random_history(rng, base, [a], books, 4)
        time.sleep(1.1)
        grace = str((datetime.datetime.now(datetime.timezone.utc) - newest_hour).total_seconds() - 3600)
        time.sleep(2.5)
        a.settle()
        lake.cycle(BILLING, grace_seconds=grace)
        assert table(lake, "usage_hourly_now") == books.sums(), "what is known is shown at once"
        newest = f"{newest_hour:%Y-%m-%dT%H}"
        assert table(lake, "billing_hourly") == {key: value for key, value in books.sums().items() if key[0] < newest}
        assert newest not in {h for h, _ in table(lake, "billing_hourly")}, "an hour closed without euw1-a"
        assert lake.count("billing_closed_hours", f"usage_hour >= TIMESTAMP '{newest_hour:%Y-%m-%d %H}:00:00'") == 0
        held = lake.rows("SELECT slowest_gateway FROM stream_completeness WHERE stream = 'billing_usage'")
        assert held == [{"slowest_gateway": "euw1-a"}]

        # Healed: what was acknowledged before the close is in the closed rows, exactly.
        b.heal()
        books.records.update(behind_the_cut.records)
        random_history(rng, base, regions, books, 3)
        for region in regions:
            region.settle()
        before = books.sums()
        closed_early = table(lake, "billing_hourly")
        lake.cycle(BILLING, grace_seconds=grace)
        closed = table(lake, "billing_hourly")
        assert {key: value for key, value in closed.items() if key in closed_early} == closed_early
        assert difference(before, closed) == table(lake, "billing_adjustments")
        assert {key: value for key, value in closed.items() if key[0] == newest} == \
            {key: value for key, value in before.items() if key[0] == newest}

        # Later arrivals, corrections, and everything that was ever sent, again: closed rows stay, adjustments carry it.
        for events, key in sent:
            post_until_acknowledged(rng.choice(regions), events, "replay-" + key, books)
        taken_back = rng.choice([event for event in books.records.values() if event["usage_quantity"]])
        late = random_events(rng, base, 5, "late") + [
            {**taken_back, "event_id": f"retraction-{seed}", "record_type": "RETRACTION",
             "usage_quantity": -taken_back["usage_quantity"]},
            {**taken_back, "event_id": f"restatement-{seed}", "record_type": "RESTATEMENT", "usage_quantity": 0.5}]
        a.crash()
        a.restart()
        post_until_acknowledged(a, late, f"late-{seed}", books)
        for region in regions:
            region.settle()
        rows = lake.rows("SELECT * FROM billing_hourly ORDER BY ALL")
        lake.cycle(BILLING, grace_seconds=grace)
        assert lake.rows("SELECT * FROM billing_hourly ORDER BY ALL") == rows, "a closed row changed"
        assert difference(books.sums(), closed) == table(lake, "billing_adjustments")
        assert table(lake, "(SELECT usage_hour, account_id, records, usage_quantity FROM billing_hourly UNION ALL "
                           "SELECT usage_hour, account_id, records, usage_quantity FROM billing_adjustments)") \
            == books.sums()

        # Nothing new: nothing is counted twice.
        adjustments = lake.count("billing_adjustments")
        lake.run_file("ops/close_billing_hours.sql", grace_seconds=grace)
        assert lake.count("billing_adjustments") == adjustments
    finally:
        close_all(regions)
