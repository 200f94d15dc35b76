"""Each check finds the fault that it is for, and only that: over what a real gateway landed, one fault at a time in the tables."""

import re

import pytest
from control import Control
from dashboards import ALERT_QUERIES
from events import audit, hour, job, metric, usage
from lake import SQL, Lake
from region import Region
from shim import statements

CLOSED, OPEN = hour(5), hour(1)
PARAMETERS = {"grace_seconds": "7200", "freshness_slack_seconds": "1800"}
ADVANCE, CLOSE = "ops/advance_completeness.sql", "ops/close_billing_hours.sql"

# What is done to the tables, and then, exactly: which check fails of which scope, how often, and what its detail names.
FAULTS = {
    "a gateway acknowledged more than there is": (
        ["UPDATE silver_ledger SET next_sequence = next_sequence + 7 WHERE fact = 'position' AND stream = 'job_events'"],
        {("sequence_gaps", "job_events/use1-a/*"): (7, "whole up to 4, acknowledged up to 11")}),
    "an object is not in Bronze": (
        ["DELETE FROM bronze_audit_logs WHERE object = (SELECT max(object) FROM bronze_audit_logs)",
         "DELETE FROM bronze_objects WHERE stream = 'audit_logs'", "DELETE FROM life_progress WHERE stream = 'audit_logs'", ADVANCE],
        {("sequence_gaps", "audit_logs/use1-a/*"): (2, "whole up to 3, acknowledged up to 5"),
         ("object_rows", "audit_logs"): (1, "audit_logs/date=*.json.gz")}),
    "a disk lost a range": (
        ["INSERT INTO silver_ledger (fact, gateway, incarnation, stream, at, first, end) SELECT 'range_damaged', gateway, incarnation, "
         "stream, at, 0, 2 FROM silver_ledger WHERE fact = 'position' AND stream = 'audit_logs' LIMIT 1"],
        {("damaged_ranges", "audit_logs"): (2, None)}),
    "a disk lost the end of a journal, and the next life did not find it": (
        ["UPDATE silver_ledger SET next_sequence = next_sequence + 7 WHERE fact = 'position' AND stream = 'job_events'",
         "INSERT INTO life_progress (gateway, incarnation, stream, contiguous, seen) VALUES ('use1-a', 'next', '_ledger', 1, 1)",
         "INSERT INTO silver_ledger (fact, gateway, incarnation, ledger_incarnation, ledger_end, stream, at, next_sequence) "
         "SELECT 'incarnation_ended', gateway, incarnation, 'next', 1, stream, at, 4 FROM silver_ledger "
         "WHERE fact = 'position' AND stream = 'job_events' LIMIT 1", ADVANCE, ADVANCE],
        {("damaged_ranges", "job_events"): (7, None)}),
    "Bronze lost a line": (
        ["DELETE FROM bronze_job_events WHERE raw LIKE '%\"j2\"%'", ADVANCE],
        {("object_rows", "job_events"): (1, "job_events/date=*"), ("bronze_to_silver", "job_events"): (1, "job_events/date=*")}),
    "Bronze has a batch of money without one of its events": (
        ["DELETE FROM bronze_billing_usage WHERE raw LIKE '%\"u2\"%'"],
        {("batch_counts", "billing_usage"): (1, "billing_usage/keyed/*")}),
    "Bronze has an event of money twice in its batch": (
        ["INSERT INTO bronze_billing_usage SELECT * FROM bronze_billing_usage WHERE raw LIKE '%\"u2\"%'"],
        {("batch_counts", "billing_usage"): (1, "billing_usage/keyed/*")}),
    "Bronze has one event of a batch of money twice and another not": (
        ["UPDATE bronze_billing_usage SET raw = (SELECT raw FROM bronze_billing_usage WHERE raw LIKE '%\"u1\"%') "
         "WHERE raw LIKE '%\"u2\"%'"],
        {("batch_counts", "billing_usage"): (1, "billing_usage/keyed/*")}),
    "a billing record is there twice": (
        ["INSERT INTO silver_billing_usage SELECT * FROM silver_billing_usage WHERE record_id = 'u3'"],
        {("duplicates", "silver_billing_usage"): (1, None), ("silver_to_gold", "usage_hourly_now"): (1, "a1 in *")}),
    "an audit event is there twice": (
        ["INSERT INTO silver_audit_logs SELECT * FROM silver_audit_logs WHERE event_id = 'e1'"],
        {("duplicates", "silver_audit_logs"): (1, None)}),
    "Silver lacks an audit event": (
        ["DELETE FROM silver_audit_logs WHERE event_id = 'e2'"], {("bronze_to_silver", "audit_logs"): (1, "e2")}),
    "Silver lacks a billing record": (
        ["DELETE FROM silver_billing_usage WHERE record_id = 'u3'"],
        {("bronze_to_silver", "billing_usage"): (1, "u3"), ("silver_to_gold", "usage_hourly_now"): (1, "a1 in *")}),
    "Silver lacks a job event": (
        ["DELETE FROM silver_job_events WHERE event_id = 'j1'"], {("bronze_to_silver", "job_events"): (1, "job_events/date=*")}),
    "Silver has a job event twice": (
        ["INSERT INTO silver_job_events SELECT * FROM silver_job_events WHERE event_id = 'j1'"],
        {("bronze_to_silver", "job_events"): (1, "job_events/date=*")}),
    "Silver lacks a metric": (
        ["DELETE FROM silver_cluster_metrics WHERE event_id = 'm1'"],
        {("bronze_to_silver", "cluster_metrics"): (1, "cluster_metrics/date=*")}),
    "refused lines are in no quarantine": (
        ["DELETE FROM silver_quarantine"],
        {("bronze_to_silver", "audit_logs"): (1, "e-bad"), ("bronze_to_silver", "billing_usage"): (1, "u-bad"),
         ("bronze_to_silver", "job_events"): (1, "job_events/date=*"),
         ("bronze_to_silver", "cluster_metrics"): (1, "cluster_metrics/date=*")}),
    "Gold has another sum for an hour": (
        ["INSERT OVERWRITE usage_hourly_now SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, records, "
         "usage_quantity + CASE WHEN account_id = 'a1' AND {open} THEN 1 ELSE 0 END, last_received_at FROM saved_usage_hourly_now"],
        {("silver_to_gold", "usage_hourly_now"): (1, "a1 in *")}),
    "Gold has one account's usage under another's name": (
        ["INSERT OVERWRITE usage_hourly_now SELECT usage_hour, CASE WHEN NOT {open} THEN account_id WHEN account_id = 'a1' THEN 'a2' "
         "ELSE 'a1' END, workspace_id, sku_name, usage_unit, records, usage_quantity, last_received_at FROM saved_usage_hourly_now"],
        {("silver_to_gold", "usage_hourly_now"): (2, "a1 in *")}),
    "Gold has usage that nobody sent": (
        ["INSERT INTO usage_hourly_now SELECT usage_hour, 'a9', workspace_id, sku_name, usage_unit, 1, 1, last_received_at "
         "FROM saved_usage_hourly_now WHERE account_id = 'a1' AND {open}"],
        {("silver_to_gold", "usage_hourly_now"): (1, "a9 in *")}),
    "a closed row changes": (
        ["UPDATE billing_hourly SET usage_quantity = usage_quantity + 1 WHERE account_id = 'a1'"],
        {("closed_hours", "billing_final"): (1, "a1 in *"), ("closed_hours", "billing_hourly"): (1, "*")}),
    "a closed row changes, and an adjustment makes up for it": (
        ["UPDATE billing_hourly SET usage_quantity = usage_quantity + 1 WHERE account_id = 'a1'", CLOSE],
        {("closed_hours", "billing_hourly"): (1, "*")}),
    "a closed row is gone, and an adjustment makes up for it": (
        ["DELETE FROM billing_hourly WHERE account_id = 'a1'", CLOSE], {("closed_hours", "billing_hourly"): (1, "*")}),
    "a closed row goes from one account to the other": (
        ["UPDATE billing_hourly SET account_id = CASE account_id WHEN 'a1' THEN 'a2' ELSE 'a1' END"],
        {("closed_hours", "billing_final"): (1, "a1 in *")}),
    "an adjustment that nothing came for": (
        ["INSERT INTO billing_adjustments SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, 0, -1, closed_at "
         "FROM billing_hourly WHERE account_id = 'a2'"],
        {("closed_hours", "billing_final"): (1, "a2 in *")}),
    "the trail lacks its first entry": (
        ["DELETE FROM bronze_trail WHERE raw LIKE '%\"number\":1,%'"],
        {("trail_chain", "use1-a"): (1, "entry 2 of chain *")}),
    "the trail lacks an entry": (
        ["DELETE FROM bronze_trail WHERE raw LIKE '%\"number\":2,%'"],
        {("trail_chain", "use1-a"): (1, "entry 3 of chain *")}),
    "the trail lacks its last entry": (
        ["DELETE FROM bronze_trail WHERE raw LIKE '%\"number\":3,%'", ADVANCE], {("object_rows", "_trail"): (1, "_trail/date=*")}),
    "an entry of the trail is changed": (
        ["UPDATE bronze_trail SET raw = replace(raw, '\"target\":\"p1\"', '\"target\":\"p9\"')"],
        {("trail_chain", "use1-a"): (1, "entry 3 of chain *")}),
    "the trail begins with another's entry": (
        ["UPDATE bronze_trail SET raw = replace(raw, '\"previous\":\"0000', '\"previous\":\"1000') WHERE raw LIKE '%\"number\":1,%'"],
        {("trail_chain", "use1-a"): (2, "entry 1 of chain *")}),
    "the trail forks": (
        ["INSERT INTO bronze_trail SELECT replace(raw, '\"target\":\"p2\"', '\"target\":\"p9\"'), object, object_bytes, landed_at, "
         "ingested_at, ingest_date FROM bronze_trail WHERE raw LIKE '%\"target\":\"p2\"%'"],
        {("trail_chain", "use1-a"): (2, "entry 3 of chain *")}),
    "objects take long into Bronze": (
        ["UPDATE bronze_objects SET landed_at = landed_at - INTERVAL 2 HOURS WHERE stream = 'job_events'"],
        {("freshness", "bronze/job_events"): (1, "lags *")}),
    "no ledger comes": (
        ["UPDATE bronze_ledger SET ingested_at = ingested_at - INTERVAL 1 DAY"],
        {("freshness", "bronze/_ledger"): (1, "lags 3600 s*")}),
    "Silver stands still": (
        ["UPDATE silver_progress SET read_to = read_to - INTERVAL 3 HOURS WHERE stream = 'audit_logs'",
         "UPDATE bronze_objects SET ingested_at = ingested_at - INTERVAL 2 HOURS WHERE stream = 'audit_logs'"],
        {("freshness", "silver/audit_logs"): (1, "lags *")}),
    "Gold stands still": (
        ["UPDATE silver_billing_usage SET received_at = received_at + INTERVAL 1 HOUR, ingested_at = ingested_at - INTERVAL 2 HOURS "
         "WHERE record_id = 'u3'"],
        {("freshness", "gold/billing_usage"): (1, "lags *")}),
}


def without(event, *fields):
    return {key: value for key, value in event.items() if key not in fields}


@pytest.fixture(scope="module")
def lake(session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks")
    region = Region(folder, "use1-a", folder / "zone")
    try:
        for number in range(3):
            Control(region.gateway).post("/v1/producers", {"name": f"p{number}", "streams": ["*"], "reason": "test"}, 201)
        for stream, batches in {
                "audit_logs": [[audit("e0", CLOSED), audit("e1", CLOSED), audit("e2", CLOSED)],
                               [audit("e3", CLOSED), without(audit("e-bad", CLOSED), "eventName")]],
                "job_events": [[job("j1", CLOSED, "r1"), job("j2", CLOSED, "r2", "FAILED"), job("j3", CLOSED, "r3", "SUCCEEDED"),
                                without(job("j-bad", CLOSED, "r4"), "job_id")]],
                "cluster_metrics": [[metric("m1", CLOSED), metric("m2", CLOSED), metric("m-bad", CLOSED, 101)]],
                "billing_usage": [[usage("u1", CLOSED, 1), usage("u2", CLOSED, 1, "a2")],
                                  [usage("u3", OPEN, 2), usage("u4", OPEN, 3, "a2"), usage("u-bad", OPEN, -1)]]}.items():
            for number, events in enumerate(batches):
                assert region.post(stream, events, f"{stream}-{number}").status in (201, 202)
                if stream == "audit_logs":
                    region.settle()  # An object each.
        for _ in range(2):
            region.settle()  # Once more: then the ledger names the last objects, too.
    finally:
        region.close()
    lake = Lake(session, folder / "zone", folder / "lake", PARAMETERS)
    lake.cycle(lake.files("bronze", "silver") + [SQL / "gold/10_usage_hourly_now.sql"])
    lake.run_file("ops/silver_progress.sql")
    for statement in statements((SQL / "ops/views.sql").read_text()):
        if re.search(r"VIEW (trail_entries|checks_now|freshness) AS", statement):
            lake.run_text(statement)
    for table in sorted({table for planted, _ in FAULTS.values() for table in tables_of(planted)}):
        lake.run_text(f"CREATE TABLE saved_{table} USING DELTA AS SELECT * FROM {table}")
    return lake


def tables_of(planted):
    """What a fault writes, by its own statements or by the files that it runs."""
    texts = [(SQL / text).read_text() if text.endswith(".sql") else text for text in planted]
    return {name for text in texts for name in re.findall(
        r"^\s*(?:UPDATE|DELETE FROM|INSERT INTO|INSERT OVERWRITE|MERGE INTO) (\w+)", text, re.MULTILINE)}


def failing(lake):
    lake.run_file("checks/checks.sql")
    return {(row["check_name"], re.sub(r"[0-9a-f]{16}$", "*", row["scope"])): (row["failures"], row["detail"])
            for row in lake.rows("SELECT * FROM checks_now") if row["failures"]}


def matches(found, expected):
    (failures, detail), (expected_failures, pattern) = found, expected
    return failures == expected_failures and (
        pattern is None or re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), detail or ""))


def rounds():
    """Faults that neither touch the same table nor are found by the same check are planted at once; what runs a job is alone."""
    found = []
    for name, (planted, expected) in FAULTS.items():
        alone = any(text.endswith(".sql") for text in planted)
        touched = {*tables_of(planted), *expected}
        for names, taken in found:
            if not alone and taken is not None and not taken & touched:
                names.append(name)
                taken |= touched
                break
        else:
            found.append(([name], None if alone else touched))
    return [names for names, _ in found]


@pytest.mark.parametrize("faults", rounds(), ids=lambda faults: f"{faults[0]} and {len(faults) - 1} more")
def test_a_fault_is_found_by_its_check_alone(lake, faults):
    planted = [text for name in faults for text in FAULTS[name][0]]
    expected = {key: value for name in faults for key, value in FAULTS[name][1].items()}
    places = {"open": f"usage_hour = TIMESTAMP '{OPEN:%Y-%m-%d %H}:00:00'"}
    try:
        for text in planted:
            lake.run_file(text) if text.endswith(".sql") else lake.run_text(text.format(**places))
        found = failing(lake)
        assert found.keys() == expected.keys() and all(matches(found[key], expected[key]) for key in expected), (faults, found)
    finally:
        for table in tables_of(planted):
            lake.run_text(f"INSERT OVERWRITE {table} SELECT * FROM saved_{table}")


def test_every_check_has_a_fault_that_it_finds_and_is_quiet_without(lake):
    assert failing(lake) == {}
    found = {key for _, expected in FAULTS.values() for key in expected}
    # By the file: each of its parts names its check first, then what it checks, which may be a word or come from the rows.
    parts = re.findall(r"^SELECT '(\w+)'(?: AS check_name)?,\s+('(\w+)'|[a-z])", (SQL / "checks/checks.sql").read_text(), re.MULTILINE)
    assert len(parts) > 13
    assert [part for part in parts if not any(
        check == part[0] and scope == (part[2] or scope) for check, scope in found)] == []
    # By what it says of a lake in which all is right.
    ran = {(row["check_name"], row["scope"].split("/")[0]) for row in lake.rows("SELECT check_name, scope FROM checks_now")}
    assert {check for check, _ in ran} == {check for check, _, _ in parts} - {"damaged_ranges"}
    layers = {scope for check, scope in ran if check == "freshness"}
    assert layers == {"bronze", "silver", "gold"} == {scope.split("/")[0] for check, scope in found if check == "freshness"}


def test_what_the_nightly_run_finds_is_not_hidden_by_the_next_one_and_what_is_repaired_is_gone(lake):
    lake.run_text("INSERT INTO check_results VALUES "
                  "(current_timestamp() - INTERVAL 9 HOURS, 'object_rows', 'audit_logs', 3, 'old', 99), "
                  "(current_timestamp() - INTERVAL 9 HOURS, 'damaged_ranges', 'audit_logs', 1, NULL, 32)")
    assert failing(lake) == {("object_rows", "audit_logs"): (3, "old")}
    assert lake.value(ALERT_QUERIES["checks_failing"]) == 1
    lake.run_text("UPDATE check_results SET run_at = run_at - INTERVAL 3 HOURS")
    assert lake.value(ALERT_QUERIES["checks_failing"]) == 999999, "no check runs"
    lake.run_text("DELETE FROM check_results")
