"""An hour closes at its edge, once, and stays: the statements that ship, over usage and completeness set by hand to the
microsecond. What real gateways send is in test_billing."""

import datetime
import decimal

import pytest
from events import hour
from lake import SQL, Lake
from shim import statements

FIRST = hour(30)
GRACE = datetime.timedelta(seconds=600)
HOUR = datetime.timedelta(hours=1)
INSTANT = datetime.timedelta(microseconds=1)
CLOSE = "ops/close_billing_hours.sql"
TABLES = ("usage_hourly_now", "completeness", "billing_hourly", "billing_closed_hours", "billing_adjustments")


@pytest.fixture(scope="module")
def empty(session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("closing")
    lake = Lake(session, folder / "zone", folder / "lake", {"grace_seconds": str(int(GRACE.total_seconds()))})
    lake.run_text("CREATE TABLE usage_hourly_now (usage_hour TIMESTAMP, account_id STRING, workspace_id STRING, sku_name STRING, "
                  "usage_unit STRING, records BIGINT, usage_quantity DECIMAL(38, 9), last_received_at TIMESTAMP) USING DELTA")
    return lake


@pytest.fixture
def lake(empty):
    for name in TABLES:
        empty.run_text(f"DELETE FROM {name}")
    return empty


def stamp(when):
    return f"TIMESTAMP '{when:%Y-%m-%d %H:%M:%S.%f}'"


def known(lake, usage):
    """What is known now: records and quantity, by hour (counted from the first) and account."""
    rows = [f"({stamp(FIRST + n * HOUR)}, '{account}', 'w', 'JOBS', 'DBU', {records}, {quantity}, current_timestamp())"
            for (n, account), (records, quantity) in usage.items()]
    lake.run_text(f"INSERT OVERWRITE usage_hourly_now VALUES {', '.join(rows)}")


def complete(lake, when):
    """Through when billing is complete; other streams are far ahead."""
    time = stamp(when) if when else "NULL"
    lake.run_text("INSERT OVERWRITE completeness VALUES "
                  f"('billing_usage', 'a', 'running', {time}, NULL, NULL, current_timestamp()), "
                  f"('billing_usage', 'b', 'running', {stamp(hour(0))}, NULL, NULL, current_timestamp()), "
                  f"('audit_logs', 'a', 'running', {stamp(hour(0))}, NULL, NULL, current_timestamp())")


def table(lake, name):
    found = {}
    for row in lake.rows(f"SELECT * FROM {name}"):
        n = (row["usage_hour"] - FIRST.replace(tzinfo=None)) // HOUR
        key = (n, row["account_id"]) if "account_id" in row else n
        count, quantity = found.get(key, (0, decimal.Decimal(0)))
        found[key] = (count + row["records"], quantity + row["usage_quantity"])
    return found


def test_an_hour_closes_when_its_end_plus_grace_is_complete_and_not_an_instant_before(lake):
    usage = {(0, "a1"): (1, 5), (1, "a1"): (1, 6)}
    known(lake, usage)
    complete(lake, FIRST + HOUR + GRACE - INSTANT)
    lake.run_file(CLOSE)
    assert table(lake, "billing_hourly") == table(lake, "billing_closed_hours") == {}
    complete(lake, FIRST + HOUR + GRACE)
    lake.run_file(CLOSE)
    assert table(lake, "billing_hourly") == {(0, "a1"): (1, 5)} and table(lake, "billing_closed_hours") == {0: (1, 5)}
    complete(lake, FIRST + 2 * HOUR + GRACE)
    lake.run_file(CLOSE)
    assert table(lake, "billing_hourly") == usage
    assert table(lake, "billing_closed_hours") == {0: (1, 5), 1: (1, 6)}
    assert table(lake, "billing_adjustments") == {}


def test_hours_that_nobody_used_close_as_well(lake):
    known(lake, {(0, "a1"): (1, 5), (3, "a1"): (1, 6)})
    complete(lake, FIRST + 5 * HOUR + GRACE)
    lake.run_file(CLOSE)
    assert table(lake, "billing_closed_hours") == {0: (1, 5), 1: (0, 0), 2: (0, 0), 3: (1, 6), 4: (0, 0)}
    # What comes for one of them is an adjustment.
    known(lake, {(0, "a1"): (1, 5), (2, "a2"): (1, 1), (3, "a1"): (1, 6)})
    lake.run_file(CLOSE)
    assert table(lake, "billing_adjustments") == {(2, "a2"): (1, 1)}


def test_a_closed_hour_stays_and_adjustments_state_each_difference_once(lake):
    complete(lake, FIRST + HOUR + GRACE)
    known(lake, {(0, "a1"): (1, 5)})
    lake.run_file(CLOSE)
    closed = lake.rows("SELECT * FROM billing_hourly")
    steps = [({(0, "a1"): (2, 7), (0, "a2"): (1, 3)}, {(0, "a1"): (1, 2), (0, "a2"): (1, 3)}),
             ({(0, "a1"): (2, 7), (0, "a2"): (1, 3)}, {}),
             # As much, of other records; then it goes back.
             ({(0, "a1"): (3, 7), (0, "a2"): (1, 3)}, {(0, "a1"): (1, 0)}),
             ({(0, "a2"): (1, 3)}, {(0, "a1"): (-3, -7)}),
             ({(0, "a1"): (1, 5)}, {(0, "a1"): (1, 5), (0, "a2"): (-1, -3)})]
    for usage, expected in steps:
        known(lake, usage)
        before = table(lake, "billing_adjustments")
        lake.run_file(CLOSE)
        after = table(lake, "billing_adjustments")
        zero = (0, decimal.Decimal(0))
        new = {key: (value[0] - before.get(key, zero)[0], value[1] - before.get(key, zero)[1]) for key, value in after.items()}
        assert {key: value for key, value in new.items() if any(value)} == expected
        assert lake.rows("SELECT * FROM billing_hourly") == closed


@pytest.mark.parametrize("when", [None, FIRST])
def test_without_completeness_nothing_closes_and_what_is_closed_is_adjusted_still(lake, when):
    known(lake, {(0, "a1"): (1, 5)})
    complete(lake, when)
    lake.run_file(CLOSE)
    assert table(lake, "billing_closed_hours") == {}
    complete(lake, FIRST + HOUR + GRACE)
    lake.run_file(CLOSE)
    complete(lake, when)
    known(lake, {(0, "a1"): (2, 7), (1, "a1"): (1, 6)})
    lake.run_file(CLOSE)
    assert table(lake, "billing_closed_hours") == {0: (1, 5)}
    assert table(lake, "billing_adjustments") == {(0, "a1"): (1, 2)}


def test_differences_of_hours_that_are_too_old_are_left_alone(lake):
    known(lake, {(0, "a1"): (1, 5), (20, "a1"): (1, 5)})
    complete(lake, FIRST + 22 * HOUR)
    lake.run_file(CLOSE)
    known(lake, {(0, "a1"): (2, 7), (20, "a1"): (2, 7)})
    lake.run_file(CLOSE, adjust_days="1")
    assert table(lake, "billing_adjustments") == {(20, "a1"): (1, 2)}


@pytest.mark.parametrize("done", ["billing_hourly", "billing_closed_hours"])
def test_a_run_that_died_is_gone_on_with(lake, done):
    known(lake, {(0, "a1"): (1, 5)})
    complete(lake, FIRST + HOUR + GRACE)
    for statement in statements((SQL / CLOSE).read_text()):
        lake.run_text(statement)
        if f"MERGE INTO {done} " in statement:
            break
    # Meanwhile more came for the hour.
    known(lake, {(0, "a1"): (2, 7), (0, "a2"): (1, 3)})
    lake.run_file(CLOSE)
    assert table(lake, "billing_hourly")[0, "a1"] == (1, 5), "what the run wrote stays"
    (records, quantity), = table(lake, "billing_closed_hours").values()
    hours = table(lake, "billing_hourly").values()
    assert (records, quantity) == (sum(value[0] for value in hours), sum(value[1] for value in hours))
    both = " UNION ALL ".join(
        f"SELECT usage_hour, account_id, records, usage_quantity FROM {name}" for name in ("billing_hourly", "billing_adjustments"))
    assert table(lake, f"({both})") == {(0, "a1"): (2, 7), (0, "a2"): (1, 3)}


def live(lake):
    """Of each hour in usage_live: whether it is closed, and the gateways that have not said all of it."""
    return {(row["usage_hour"] - FIRST.replace(tzinfo=None)) // HOUR: (row["closed"], row["incomplete_gateways"])
            for row in lake.rows("SELECT * FROM usage_live")}


def test_usage_live_shows_every_hour_with_the_gateways_that_have_not_said_all_of_it(lake):
    text = (SQL / "ops" / "views.sql").read_text()
    lake.run_text(next(statement for statement in statements(text) if "VIEW usage_live AS" in statement))
    usage = {(0, "a1"): (1, 5), (1, "a1"): (2, 6), (2, "a1"): (1, 7)}
    known(lake, usage)
    complete(lake, FIRST + 2 * HOUR - INSTANT)
    lake.run_text("INSERT INTO completeness VALUES ('billing_usage', 'c', 'ended', NULL, NULL, NULL, current_timestamp())")
    lake.run_file(CLOSE)
    assert table(lake, "usage_live") == usage, "every hour, whatever is known of it"
    assert live(lake) == {0: (True, None), 1: (False, ["a"]), 2: (False, ["a"])}
    # An hour that every gateway has said all of stays open for the grace.
    complete(lake, FIRST + 2 * HOUR)
    lake.run_file(CLOSE)
    assert live(lake) == {0: (True, None), 1: (False, None), 2: (False, ["a"])}
    # A gateway that is expected and was never heard of may have said something of any hour.
    complete(lake, None)
    lake.run_file(CLOSE)
    assert live(lake) == {0: (True, ["a"]), 1: (False, ["a"]), 2: (False, ["a"])}
