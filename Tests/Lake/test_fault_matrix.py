"""The fault matrix: what goes wrong on the way, and what Bronze, quarantine, Silver and Gold then hold, counted here."""

import collections
import datetime
import decimal
import gzip
import hashlib
import json
import os
import re
import time

import local
import pytest
import yaml
from control import Control
from dashboards import ALERT_QUERIES, QUERIES
from events import audit, hour, job, metric, text, usage
from deltalake import write_deltalake
from lake import BUNDLE, ROOT, SQL, Lake, statements
from region import STREAMS, Region, close_all
from test_erasure import PLAIN, files_with, properties, purge, purge_statements

LAST = hour(2)
ALERTS = yaml.safe_load((BUNDLE / "resources" / "alerts.yml").read_text())["resources"]["alerts"]
# What the layout of event logs and of billing's system tables is: only Databricks fills these.
PLATFORM = """
CREATE TABLE IF NOT EXISTS bronze_event_log (timestamp TIMESTAMP, level STRING, event_type STRING, details STRING,
  error STRUCT<fatal: BOOLEAN, exceptions: ARRAY<STRUCT<class_name: STRING, message: STRING>>>) USING DELTA;
CREATE TABLE IF NOT EXISTS silver_gold_event_log (timestamp TIMESTAMP, level STRING, event_type STRING, details STRING,
  error STRUCT<fatal: BOOLEAN, exceptions: ARRAY<STRUCT<class_name: STRING, message: STRING>>>) USING DELTA;
CREATE TABLE IF NOT EXISTS billing_usage_of_the_platform (usage_quantity DECIMAL(38, 18), sku_name STRING,
  usage_start_time TIMESTAMP, usage_date DATE, custom_tags MAP<STRING, STRING>,
  usage_metadata STRUCT<dlt_pipeline_id: STRING, job_id: STRING>) USING DELTA;
CREATE TABLE IF NOT EXISTS list_prices (sku_name STRING, price_start_time TIMESTAMP, price_end_time TIMESTAMP,
  pricing STRUCT<`default`: DECIMAL(38, 18)>) USING DELTA;
INSERT INTO silver_gold_event_log VALUES
  (current_timestamp(), 'ERROR', 'flow_progress', '{}', named_struct('fatal', true, 'exceptions',
    array(named_struct('class_name', 'DeltaConcurrentAppendException', 'message', '[DELTA_CONCURRENT_APPEND]')))),
  (current_timestamp(), 'INFO', 'planning_information', '{"technique":"COMPLETE_RECOMPUTE"}', NULL);
INSERT INTO billing_usage_of_the_platform
  VALUES (2, 'JOBS', current_timestamp(), current_date() - INTERVAL 1 DAY, map('project', 'sluice'), NULL);
INSERT INTO list_prices VALUES ('JOBS', TIMESTAMP '2020-01-01', NULL, named_struct('default', 0.35));
"""


class Sent:
    """What was sent where since when, and what each event's fate must be: `ok`, or who refuses it and why."""

    def __init__(self):
        self.began = time.monotonic()
        self.batches = []

    def post(self, region, stream, key, *events, fate="ok", status=(200, 201, 202)):
        answer = region.post(stream, events, key)
        assert answer.status in status, answer
        self.batches.append((region.name, stream, key, events, fate, answer.status))

    def place(self, region, stream, line, fate):
        """A line that no gateway wrote, in an object of its own."""
        folder = region.zone / stream / "date=9999-01-01" / "hour=00"
        folder.mkdir(parents=True, exist_ok=True)
        key = f"foreign-{len(self.batches)}"
        (folder / f"{key}.json.gz").write_bytes(gzip.compress(line.encode() + b"\n"))
        self.batches.append((region.name, stream, key, [line], fate, 200))

    def landed(self, stream):
        """Each batch once per object that holds it: per gateway, or for a strong stream once over all."""
        seen = set()
        for region, of, key, events, fate, status in self.batches:
            place = key if of == "billing_usage" else (region, key)
            if of == stream and status != 422 and place not in seen:
                seen.add(place)
                yield events, fate

    def bronze(self, stream):
        return sum(len(events) for events, fate in self.landed(stream) if not fate.startswith("gateway"))

    def valid(self, stream):
        return [event for events, fate in self.landed(stream) for event in events if fate == "ok"]

    def refused(self):
        found = collections.Counter()
        for stream in (*STREAMS, "_quarantine"):
            for events, fate in self.landed(stream):
                if fate != "ok":
                    found[(*fate.split(":"), stream)] += len(events)
        return found


def send_everything(sent, a, b):
    # A batch on two gateways: to both with one key, and again under another key.
    for region in (a, b):
        sent.post(region, "audit_logs", "double", audit("d1", LAST), audit("d2", LAST))
        sent.post(region, "job_events", "double", job("d1", LAST, "r1", "FAILED"), job("d2", LAST, "r2", "SUCCEEDED"))
        sent.post(region, "cluster_metrics", "double", metric("d1", LAST))
        sent.post(region, "billing_usage", "double", usage("d1", LAST, 1.25), usage("d2", LAST, 2))
    sent.post(b, "billing_usage", "double-again", usage("d1", LAST, 1.25), usage("d3", LAST, 0.5))
    # Two days late, and a day within it out of order.
    late = hour(48)
    for n in reversed(range(3)):
        when = late + datetime.timedelta(hours=8 * n)
        sent.post(a, "audit_logs", f"late{n}", audit(f"late{n}", when, "bob@example.com"))
        sent.post(a, "job_events", f"late{n}", job(f"late{n}", when, f"late{n}", "SUCCEEDED", "bob@example.com"))
        sent.post(b, "cluster_metrics", f"late{n}", metric(f"late{n}", when, owned_by="bob@example.com"))
        sent.post(b, "billing_usage", f"late{n}", usage(
            f"late{n}", when, 10, "a2", identity_metadata={"run_as": "bob@example.com"}))
    # What a gateway refuses. A strong stream refuses the whole batch.
    sent.post(a, "audit_logs", "torn", '{"eventID":"torn","eventTime":', fate="gateway:malformed_json")
    sent.post(a, "audit_logs", "nullkey", {**audit("x", LAST), "eventID": None}, fate="gateway:null_member")
    sent.post(a, "job_events", "nokey", {"event_time": "2026-01-01T00:00:00Z"}, fate="gateway:missing_member")
    sent.post(a, "billing_usage", "torn", '{"event_id":"torn"', fate="gateway:malformed_json", status=(422,))
    sent.post(a, "billing_usage", "nullkey", {**usage("x", LAST, 1), "event_id": None}, fate="gateway:null_member",
              status=(422,))
    # What Silver refuses.
    for number, (stream, reason, event) in enumerate(refused_by_the_lake()):
        sent.post(b if number % 2 else a, stream, f"{reason}-{number}", event, fate="lake:" + reason)
    # What nobody but a gateway should write, and no gateway does.
    for stream, make, _ in MADE:
        sent.place(a, stream, json.dumps({"payload": make("foreign", LAST)}), "lake:no_envelope")
        sent.place(a, stream, '{"event_key": "torn', "lake:malformed_json")
    sent.place(a, "_quarantine", '{"event_key": "torn', "gateway:malformed_json")
    # Just not refused.
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=50)
    sent.post(a, "audit_logs", "soon", audit("soon", soon))
    sent.post(b, "billing_usage", "month", usage("month", hour(24 * 29), 1, "a3"), usage("zero", LAST, 0))
    sent.post(a, "audit_logs", "seconds", {**audit("seconds", LAST), "eventTime": int(LAST.timestamp())})
    sent.post(b, "billing_usage", "millis", {**usage("millis", LAST, 2), "event_time": int(LAST.timestamp() * 1000)})
    sent.post(a, "cluster_metrics", "bounds", {**metric("bounds", LAST, 0), **dict.fromkeys(PERCENTS, 100), "network_sent_bytes": 0})


MADE = [("audit_logs", audit, "eventTime"), ("job_events", lambda key, when: job(key, when, key), "event_time"),
        ("billing_usage", lambda key, when: usage(key, when, 5), "event_time"), ("cluster_metrics", metric, "event_time")]
PERCENTS = ("cpu_system_percent", "cpu_wait_percent", "mem_used_percent", "mem_swap_percent")


def refused_by_the_lake():
    """Stream, reason and event, of all that a gateway takes and Silver does not."""
    for stream, make, time_field in MADE:
        yield stream, "bad_event_time", {**make("untimely", LAST), time_field: "2016-12-31T23:59:60Z"}  # A leap second.
        yield stream, "event_time_in_future", make("future", hour(-3))
        yield stream, "later_than_30_days", make("ancient", hour(24 * 31))
        if stream != "billing_usage":  # Strong streams refuse members that stand twice.
            yield stream, "malformed_json", json.dumps(make("twice", LAST))[:-1] + ', "x": 1, "x": 2}'
        for fields, name in {
                "audit_logs": [("eventName", "no_action_name")], "job_events": [("job_id", "no_job_id"), ("run_id", "no_run_id")],
                "billing_usage": [(field, "no_" + field) for field in ("account_id", "workspace_id", "sku_name", "usage_unit")],
                "cluster_metrics": [("cluster_id", "no_cluster_id"), ("instance_id", "no_instance_id")]}[stream]:
            yield stream, name, {key: value for key, value in make(name, LAST).items() if key != fields}
    nameless = audit("bob-nameless", LAST, "bob@example.com")
    yield "audit_logs", "no_action_name", {key: value for key, value in nameless.items() if key != "eventName"}
    yield "job_events", "bad_result_state", job("odd", LAST, "r9", "EXPLODED")
    yield "job_events", "ends_before_it_starts", {
        **job("back", LAST, "r9"), "period_end_time": text(LAST - datetime.timedelta(hours=1))}
    yield "billing_usage", "negative_usage", usage("negative", LAST, -0.000001)
    yield "billing_usage", "bad_usage_quantity", usage("huge", LAST, 1e30)
    yield "billing_usage", "bad_record_type", usage("type", LAST, 5, record_type="GIFT")
    yield "billing_usage", "positive_retraction", usage("more", LAST, 5, record_type="RETRACTION")
    for field in ("cpu_user_percent", *PERCENTS):
        for value in (-0.5, 100.5):
            yield "cluster_metrics", "percent_out_of_range", {**metric(f"{field}{value}", LAST), field: value}
    for field in ("network_sent_bytes", "network_received_bytes"):
        yield "cluster_metrics", "negative_bytes", {**metric(field, LAST), field: -1}


@pytest.fixture(scope="module")
def world(session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    zone = folder / "zone"
    # What arrives on both sides of an hour's edge, some fields only on one, would be drift.
    if (left := 3600 - time.time() % 3600) < 120:
        time.sleep(left)
    a, b = regions = [Region(folder, name, zone) for name in ("use1-a", "euw1-a")]
    sent = Sent()
    try:
        send_everything(sent, a, b)
        for number in range(3):
            Control(a.gateway).post(
                "/v1/producers", {"name": f"p{number}", "streams": ["*"], "reason": 'a "quoted" word'}, 201)
        for region in regions:
            region.settle()
        lake = Lake(session, zone, folder / "lake")
        lake.cycle()
        lake.update([SQL / "gold/30_customer_usage_daily.sql"])  # The report of the hours that closed.
        lake.run_file("ops/views.sql")
        lake.run_text(PLATFORM)
        yield lake, sent, a, b
    finally:
        close_all(regions)


def check_counts(lake, sent):
    """Bronze, quarantine and Silver against what was sent."""
    for stream in STREAMS:
        assert lake.count(f"bronze_{stream}") == sent.bronze(stream), stream
    refused = {(row["origin"], row["reason"], row["stream"]): row["n"] for row in lake.rows(
        "SELECT origin, explode(reasons) AS reason, stream, count(*) AS n FROM silver_quarantine GROUP BY ALL")}
    assert refused == sent.refused()
    for stream, key in (("audit_logs", "eventID"), ("billing_usage", "event_id")):
        assert lake.count(f"silver_{stream}") == len({event[key] for event in sent.valid(stream)}), stream
    for stream in ("job_events", "cluster_metrics"):
        assert lake.count(f"silver_{stream}") == len(sent.valid(stream)), stream


def check(lake):
    lake.run_file("ops/advance_completeness.sql")  # The gateways went on stating positions meanwhile.
    lake.run_file("checks/checks.sql")


def billed(lake, table):
    return {row["account_id"]: row["q"] for row in lake.rows(
        f"SELECT account_id, sum(usage_quantity) AS q FROM {table} GROUP BY account_id")}


def usage_sums(sent):
    sums, seen = collections.Counter(), set()
    for event in sent.valid("billing_usage"):
        if event["event_id"] not in seen:
            seen.add(event["event_id"])
            sums[event["account_id"]] += decimal.Decimal(str(event["usage_quantity"]))
    return dict(sums)


def test_bronze_quarantine_and_silver_hold_exactly_what_was_sent(world):
    lake, sent, *_ = world
    check_counts(lake, sent)


def test_every_reason_for_which_silver_refuses_a_line_has_a_case(world):
    lake, *_ = world
    reasons = {(path.stem[3:], reason) for path in (SQL / "silver").glob("*.sql")
               for reason in re.findall(r"CASE WHEN .*?THEN '(\w+)' END", path.read_text(), re.DOTALL)
               if path.stem[3:] in STREAMS and reason != "erased"}
    assert len(reasons) > 30
    assert reasons == {(row["stream"], row["reason"]) for row in lake.rows(
        "SELECT stream, explode(reasons) AS reason FROM silver_quarantine WHERE origin = 'lake'")}


def test_gold_sums_are_those_of_the_records_once(world):
    lake, sent, *_ = world
    for table in ("usage_hourly_now", "billing_hourly", "billing_final", "customer_usage_report"):
        assert billed(lake, table) == usage_sums(sent), table
    assert lake.count("billing_adjustments") == 0
    runs = {event["run_id"]: event.get("result_state") for event in sent.valid("job_events")}
    assert lake.rows("SELECT CAST(sum(runs) AS INT) AS runs, CAST(sum(failed) AS INT) AS failed FROM job_failures") == [
        {"runs": len(runs), "failed": list(runs.values()).count("FAILED")}]
    assert lake.value("SELECT sum(events) FROM audit_activity") == len({e["eventID"] for e in sent.valid("audit_logs")})
    assert lake.value("SELECT max(cpu_percent_max) FROM cluster_health") == 100.0
    assert lake.value("SELECT count_if(NOT complete) FROM job_failures") == 0


def test_make_lake_prints_every_layer(world):
    lake, sent, *_ = world
    text = local.gold(lake)
    assert re.search(rf"audit_logs +{sent.bronze('audit_logs')}\n", text)
    for expected in ("negative_usage", "Complete through", "slowest_gateway", "5.750000000", "GetObject"):
        assert expected in text, text


def test_every_dashboard_query_runs(world):
    lake, *_ = world
    rows = {name: lake.rows(sql) for name, sql in QUERIES.items()}
    assert sum(row["usage_quantity"] for row in rows["billing/daily"]) == sum(billed(lake, "billing_final").values())
    assert {row["stream"] for row in rows["operations/quarantine"]} == {*STREAMS, "_quarantine"}
    assert all(rows[name] for name in ("billing/customers", "operations/completeness", "operations/worst_jobs"))


def test_every_alert_query_runs_and_returns_the_column_that_it_names(world):
    lake, *_ = world
    values = {}
    for name, alert in ALERTS.items():
        rows = lake.rows(ALERT_QUERIES[name])
        assert list(rows[0]) == [alert["evaluation"]["source"]["name"]], name
        values[name] = float(rows[0][alert["evaluation"]["source"]["name"]] or 0)
    assert values["flow_failed"] == values["write_conflicts"] == values["full_recompute"] == 1
    assert values["cost"] == pytest.approx(0.7)
    refused, landed = sum(world[1].refused().values()), sum(world[1].bronze(stream) for stream in STREAMS)
    assert values["quarantine_rate"] == pytest.approx(1000 * refused / landed)


def test_the_sql_of_the_runbooks_runs(world):
    lake, *_ = world
    page = (ROOT / "docs" / "lake.md").read_text().replace("system.billing.usage", "billing_usage_of_the_platform")
    found = [s for block in re.findall(r"^ *```sql\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE) for s in statements(block)]
    assert len(found) > 12
    before = lake.count("bronze_job_events")
    for statement in found:
        lake.run_text(statement)
    assert lake.count("lake_gateways") == lake.count("lake_written_off") == 1
    assert lake.count("bronze_job_events") == before, "no object is there twice"
    for table in ("lake_gateways", "lake_written_off"):
        lake.run_text(f"DELETE FROM {table}")


def test_numbers_keep_their_digits_and_unknown_fields_are_kept(world):
    lake, *_ = world
    row = lake.rows("SELECT usage_quantity, to_json(extra) AS extra, usage_hour, object, batch_key FROM silver_billing_usage "
                    "WHERE record_id = 'd1'")[0]
    assert (row["usage_quantity"], row["extra"]) == (decimal.Decimal("1.25"), "{}")
    assert row["usage_hour"] == LAST.replace(tzinfo=None)
    assert row["object"].startswith("billing_usage/keyed/")
    assert lake.rows("SELECT usage_hour AS a, l.event_time AS b FROM silver_billing_usage JOIN silver_audit_logs AS l "
                     "ON record_id = 'millis' AND event_id = 'seconds'") == [dict.fromkeys("ab", LAST.replace(tzinfo=None))]
    # Of several arrivals the earliest: of two batches, and of one batch on two gateways.
    assert row["batch_key"] == "double"
    assert "/use1-a_" in lake.value("SELECT object FROM silver_audit_logs WHERE event_id = 'd1'")


def test_the_trail_is_there_as_a_chain_and_a_changed_entry_is_found(world):
    lake, *_ = world
    assert [row["action"] for row in lake.rows("SELECT action FROM trail_entries ORDER BY number")] == ["producer_added"] * 3
    lake.run_text("UPDATE bronze_trail SET raw = replace(raw, '\"target\":\"p1\"', '\"target\":\"p9\"')")
    check(lake)
    assert lake.rows("SELECT scope, failures, detail FROM checks_now WHERE failures > 0") == [{
        "scope": "use1-a", "failures": 1,
        "detail": "entry 3 of chain " + lake.value("SELECT min(chain) FROM trail_entries")}]
    lake.run_text("UPDATE bronze_trail SET raw = replace(raw, '\"target\":\"p9\"', '\"target\":\"p1\"')")


def test_all_checks_pass(world):
    lake, *_ = world
    check(lake)
    failing = lake.rows("SELECT * FROM checks_now WHERE failures > 0")
    assert failing == []
    assert {row["check_name"] for row in lake.rows("SELECT DISTINCT check_name FROM checks_now")} >= {
        "sequence_gaps", "object_rows", "duplicates", "bronze_to_silver", "silver_to_gold", "closed_hours", "trail_chain",
        "freshness"}


def test_a_new_a_retyped_and_a_vanished_field_are_seen_as_drift(world):
    lake, sent, a, _ = world
    lake.run_file("checks/observe_schema.sql")
    assert lake.count("schema_drift") == 0
    # Hours pass, in which the stream brings nothing.
    lake.run_text("UPDATE schema_observed SET hour = hour - INTERVAL 3 HOURS")
    lake.run_text("UPDATE bronze_cluster_metrics SET ingested_at = ingested_at - INTERVAL 3 HOURS")
    less = {key: value for key, value in metric("n1", LAST).items() if key != "cpu_system_percent"}
    sent.post(a, "cluster_metrics", "drift", {**less, "gpu_percent": 7},
              {**less, "event_id": "n2", "mem_used_percent": "half", "cpu_user_percent": 7})
    a.settle()
    lake.update()
    lake.run_file("checks/observe_schema.sql")
    drift = {(row["stream"], row["field"], row["change"], row["types_before"], row["types_now"]) for row in lake.rows(
        "SELECT * FROM schema_drift")}
    assert drift == {("cluster_metrics", "gpu_percent", "new", None, "NUMBER"),
                     ("cluster_metrics", "mem_used_percent", "retyped", "NUMBER", "NUMBER,STRING"),
                     ("cluster_metrics", "cpu_system_percent", "vanished", "NUMBER", None)}
    assert lake.value("SELECT to_json(extra) FROM silver_cluster_metrics WHERE event_id = 'n1'") == '{"gpu_percent":7}'
    lake.run_text("UPDATE bronze_cluster_metrics SET ingested_at = ingested_at + INTERVAL 3 HOURS "
                  "WHERE ingested_at < current_timestamp() - INTERVAL 2 HOURS")


def test_freshness_says_how_long_the_oldest_object_waits_on_each_layer(world):
    lake, sent, a, _ = world

    def lags(*layers):
        """What is behind; all else has lag 0."""
        return {(row["layer"], row["stream"]): row["lag_seconds"] for row in lake.rows("SELECT * FROM freshness")
                if row["lag_seconds"] and row["layer"] in layers}

    lake.run_file("ops/advance_completeness.sql")
    lake.run_file("ops/silver_progress.sql")
    assert lags("silver", "gold") == {}, "what is read is no longer behind, however old"
    began = time.monotonic()
    sent.post(a, "billing_usage", "fresh", usage("fresh", LAST, 1))
    sent.post(a, "job_events", "refused", job("refused", LAST, "r8", "EXPLODED"), fate="lake:bad_result_state")
    a.settle()
    lake.update(lake.files("bronze"))
    lake.run_file("ops/advance_completeness.sql")
    lake.run_file("ops/silver_progress.sql")
    time.sleep(1.1)
    assert lags("silver", "gold").keys() == {("silver", "billing_usage"), ("silver", "job_events")}
    # Whole seconds, of two moments each.
    assert all(1 <= lag <= time.monotonic() - began + 1 for lag in lags("silver").values())
    lake.update(lake.files("bronze", "silver"))
    lake.run_file("ops/silver_progress.sql")
    assert lags("silver", "gold").keys() == {("gold", "billing_usage")}
    lake.cycle()
    assert lags("silver", "gold") == {}
    # Bronze: objects that took long to come, and a ledger of which nothing comes.
    found = lags("bronze")
    assert max(found.get(("bronze", stream), 0) for stream in ("billing_usage", "_ledger")) <= time.monotonic() - sent.began + 1
    lake.run_text("UPDATE bronze_objects SET landed_at = landed_at - INTERVAL 900 SECONDS WHERE stream = 'billing_usage'")
    lake.run_text("UPDATE bronze_ledger SET ingested_at = ingested_at - INTERVAL 1 DAY")
    assert lags("bronze")["bronze", "billing_usage"] >= 900 and lags("bronze")["bronze", "_ledger"] == 3600
    assert lake.value(ALERT_QUERIES["lag_bronze"]) >= 3540
    lake.run_text("UPDATE bronze_objects SET landed_at = landed_at + INTERVAL 900 SECONDS WHERE stream = 'billing_usage'")
    lake.run_text("UPDATE bronze_ledger SET ingested_at = ingested_at + INTERVAL 1 DAY")


def mirror(lake, folder):
    """The tables that the erasure rewrites, in Delta's own format: what Spark's stand-in holds, with the properties that ship."""
    folders = {name: folder / name for name in dict(map(reversed, purge_statements()))}
    for name, place in folders.items():
        columns = ", ".join(
            field.name if field.dataType.typeName() in ("string", "timestamp", "long", "integer", "date")
            else f"CAST(to_json(struct({field.name})) AS STRING) AS {field.name}"
            for field in lake.session.table(name).schema if not field.name.startswith("__"))
        write_deltalake(place, lake.session.sql(f"SELECT {columns} FROM {name}").toArrow(), mode="overwrite",
                        configuration=properties(name), writer_properties=PLAIN)
    return folders


def test_redelivery_replay_and_erasure_change_no_count_and_no_sum(world, tmp_path):
    lake, sent, a, _ = world
    counts = {stream: lake.count(f"silver_{stream}") for stream in STREAMS}
    window = {"from_time": str(hour(1).replace(tzinfo=None)), "to_time": str(hour(-1).replace(tzinfo=None))}

    # A file is delivered again, under its own name.
    for path in (lake.landing / "job_events").rglob("*.json.gz"):
        os.utime(path)
    # Objects vanish from Bronze, and are brought back from the landing zone, twice.
    victim = lake.value("SELECT min(object) FROM bronze_job_events")
    lost = lake.count("bronze_job_events", f"object = '{victim}'")
    lake.run_text(f"DELETE FROM bronze_job_events WHERE object = '{victim}'")
    lake.run_text(f"DELETE FROM silver_job_events WHERE object = '{victim}'")
    lake.run_text(f"DELETE FROM silver_quarantine WHERE object = '{victim}'")
    for _ in range(2):
        lake.run_file("ops/replay_from_landing.sql", replay="1", stream="job_events",
                      landing_path=str(lake.landing / "job_events"), **window)
        assert lake.count("bronze_job_events", f"object = '{victim}'") == lost
    # An appended table lost an object's rows to a repair. Everything is replayed from Bronze, twice under one number
    # (resumed), and again under another; the job refreshes Silver in between.
    repaired = lake.value("SELECT min_by(object, ingested_at) FROM silver_cluster_metrics")
    lake.run_text(f"DELETE FROM silver_cluster_metrics WHERE object = '{repaired}'")
    lake.run_text(f"DELETE FROM silver_quarantine WHERE object = '{repaired}'")
    # Deduplicated ones hold wrong values.
    spoil = ("UPDATE silver_billing_usage SET usage_quantity = 99 WHERE record_id = 'd2'",
             "UPDATE silver_audit_logs SET action_name = 'Wrong' WHERE event_id = 'd2'")
    repaired_values = "SELECT usage_quantity, action_name FROM silver_billing_usage JOIN silver_audit_logs ON record_id = event_id " \
        "WHERE record_id = 'd2'"
    right = lake.rows(repaired_values)
    for statement in spoil:
        lake.run_text(statement)
    for stream in (*STREAMS, "cluster_metrics", "audit_logs"):
        lake.run_file("ops/replay_from_bronze.sql", replay="2", stream=stream, **window)
    assert lake.rows("SELECT DISTINCT object FROM replay_lines WHERE stream IN ('job_events', 'cluster_metrics')") == [
        {"object": repaired}]
    # A run that died in the middle of an hour: some objects' lines are there, others not, and the hour has no mark.
    replayed = lake.count("replay_lines")
    half = [row["object"] for row in lake.rows("SELECT DISTINCT object FROM replay_lines WHERE stream = 'billing_usage'")][::2]
    lake.run_text(f"DELETE FROM replay_lines WHERE object IN ({', '.join(map(repr, half))})")
    lake.run_text("DELETE FROM replay_progress WHERE stream = 'billing_usage'")
    lake.run_file("ops/replay_from_bronze.sql", replay="2", stream="billing_usage", **window)
    assert lake.count("replay_lines") == replayed
    lake.update()
    assert lake.rows(repaired_values) == right == [{"usage_quantity": 2, "action_name": "GetObject"}]
    for statement in spoil:
        lake.run_text(statement)
    for stream in ("billing_usage", "job_events", "audit_logs"):
        lake.run_file("ops/replay_from_bronze.sql", replay="3", stream=stream, **window)
    assert lake.value("SELECT sum(lines) FROM replay_progress WHERE replay = 2 AND stream = 'billing_usage'") == \
        sent.bronze("billing_usage")

    # bob asks to be forgotten: he was never replaced by a token, so the request names the digest.
    digest = hashlib.sha256(b"bob@example.com").hexdigest()
    assert a.post("identities", [
        {"token": "tok-7", "value": "carol@example.com", "pointer": "/x", "stream": "audit_logs"}]).status == 202
    assert a.post("deletions", [{"request_id": "q1", "subject_sha256": digest, "requested_by": "ops"},
                                {"request_id": "q2", "token": "tok-7", "requested_by": "ops"}]).status == 201
    a.settle()
    lake.update()
    check_counts(lake, sent)
    assert lake.rows(repaired_values) == right, "a later replay outranks an earlier one"
    assert lake.count("silver_identities") == 1
    named = "user_identity = 'bob@example.com' OR to_json(request_params) LIKE '%bob@example.com%'"
    assert lake.count("silver_audit_logs", named) == 3
    mirror(lake, tmp_path)
    lake.run_file("erase/10_rewrite.sql")
    lake.run_file("erase/30_verify.sql")
    evidence = {(r["request_id"], r["step"], r["table_name"]): r["rows_affected"] for r in lake.rows(
        "SELECT * FROM erasure_evidence")}
    assert evidence["q1", "rewritten", "bronze_audit_logs"] == 4
    assert evidence["q1", "verified", "all"] == 0
    assert lake.count("silver_identities") == 0

    def clear_text(name):
        return [table for table in (
            *(f"{layer}_{stream}" for layer in ("bronze", "silver") for stream in STREAMS),
            "bronze_identities", "silver_quarantine", "replay_lines")
            if lake.value(f"SELECT count(*) FROM (SELECT to_json(struct(*)) AS j FROM {table}) WHERE j LIKE '%{name}%'")]

    assert clear_text("bob@example.com") == [] and clear_text("carol@example.com") == []
    # A replay of landed objects, and a late event of his, do not bring him back.
    lake.run_text("DELETE FROM bronze_audit_logs WHERE object IN "
                  "(SELECT object FROM bronze_audit_logs WHERE raw LIKE '%erased%')")
    lake.run_file("ops/replay_from_landing.sql", replay="4", stream="audit_logs",
                  landing_path=str(lake.landing / "audit_logs"), **window)
    sent.post(a, "audit_logs", "bob again", audit("bob-again", LAST, "bob@example.com"))
    assert a.post("identities", [
        {"token": "tok-7", "value": "carol@example.com", "pointer": "/y", "stream": "audit_logs"}]).status == 202
    a.settle()
    lake.cycle()
    check_counts(lake, sent)
    assert lake.count("silver_identities") == 0
    assert lake.count("silver_audit_logs", "user_identity = 'bob@example.com'") == 0
    assert lake.count("silver_audit_logs", "user_identity = 'erased'") == 4
    assert clear_text("bob@example.com") == ["bronze_audit_logs"], "what came since is rewritten by the next daily run"
    lake.run_file("erase/10_rewrite.sql")
    lake.run_file("erase/30_verify.sql")
    assert clear_text("bob@example.com") == []
    # In Delta's own format: files, statistics and log, once the old files are gone.
    folders = mirror(lake, tmp_path)
    assert {name for name, folder in folders.items() if files_with(folder, "bob@example.com")} >= {
        "bronze_audit_logs", "silver_audit_logs", "silver_job_events", "silver_billing_usage", "silver_cluster_metrics"}
    logs = [folder / "_delta_log" for folder in folders.values()]
    assert [name for log in logs for who in ("bob@", "carol@") for name in files_with(log, who)] == []
    purge(**folders)
    assert [name for folder in folders.values() for who in ("bob@", "carol@") for name in files_with(folder, who)] == []
    # Seven days: the verification fails a day before, unless the old files are vacuumed; 72 hours after the rewrite they are.
    evidence_of_the_purge = re.sub(r"(REORG TABLE|VACUUM) [^;]*;", "", (SQL / "erase/20_purge.sql").read_text())
    lake.run_text("UPDATE erased_subjects SET requested_at = requested_at - INTERVAL 7 DAYS")
    lake.run_text(evidence_of_the_purge)
    with pytest.raises(Exception, match="older than six days"):
        lake.run_file("erase/30_verify.sql")
    lake.run_text("UPDATE erased_subjects SET erased_at = erased_at - INTERVAL 73 HOURS")
    for _ in range(2):
        lake.run_text(evidence_of_the_purge)
    assert lake.count("erasure_evidence", "step = 'vacuumed'") == 2
    lake.run_file("erase/30_verify.sql")
    for stream, count in counts.items():
        more = 1 if stream == "audit_logs" else 0
        assert lake.count(f"silver_{stream}") == count + more, stream
    assert billed(lake, "billing_final") == usage_sums(sent)
    check(lake)
    assert lake.rows("SELECT * FROM checks_now WHERE failures > 0") == []


def test_retention_takes_what_is_old_and_nothing_that_completeness_needs(world):
    """Runs last: it takes rows away."""
    lake, *_ = world
    known = "SELECT stream, complete_through FROM stream_completeness ORDER BY stream"
    through = lake.rows(known)
    assert len(through) >= 9 and all(row["complete_through"] for row in through)
    counts = {}
    for stream in STREAMS:
        for table, date in ((f"bronze_{stream}", "ingested_at"), (f"silver_{stream}", "usage_date" if stream == "billing_usage"
                                                                    else "event_date")):
            victim = lake.value(f"SELECT min(object) FROM {table}")
            days = 46 if table.startswith("bronze") else 396
            lake.run_text(f"UPDATE {table} SET {date} = {date} - INTERVAL {days} DAYS WHERE object = '{victim}'")
            counts[table] = lake.count(table, f"object <> '{victim}'")
            assert lake.count(table) > counts[table]
    assert sum(counts.values()) > 10, "not all is old: two days late is no reason to go"
    # The facts are four days old: positions of an hour become one, and what has landed is forgotten.
    lake.run_text("UPDATE silver_ledger SET at = at - INTERVAL 4 DAYS")
    expected = lake.rows("SELECT DISTINCT gateway, incarnation, max(at) AS at FROM silver_ledger WHERE fact = 'position' "
                         "GROUP BY gateway, incarnation, date_trunc('HOUR', at)")
    assert lake.count("silver_ledger", "fact IN ('object_landed', 'batch_landed')") > 10
    lake.run_file("ops/retention.sql", bronze_days="45", silver_days="395")
    assert {table: lake.count(table) for table in counts} == counts
    kept = {(r["gateway"], r["incarnation"], r["at"]) for r in lake.rows(
        "SELECT DISTINCT gateway, incarnation, at FROM silver_ledger WHERE fact = 'position'")}
    assert kept == {(r["gateway"], r["incarnation"], r["at"]) for r in expected}
    assert lake.count("silver_ledger", "fact IN ('object_landed', 'batch_landed', 'segment_sealed')") == 0
    assert lake.count("silver_ledger", "fact = 'incarnation_opened'") == 2
    lake.run_text("UPDATE silver_ledger SET at = at + INTERVAL 4 DAYS")
    lake.run_file("ops/advance_completeness.sql")
    now = lake.rows(known)
    assert now == through, "what is complete is so by fewer facts, too"
