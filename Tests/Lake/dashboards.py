"""Every query of the dashboards and alerts, and DuckDB as a stand-in for the warehouse, with tables of any number of hours.

`make lake-bench` runs them at thirteen months on two threads and fails when one takes longer than three seconds:
dashboards.py [FOLDER]
"""

import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import duckdb
import sqlglot
import yaml
from lake import BUNDLE, SQL, statements

DASHBOARDS = sorted((BUNDLE / "dashboards").glob("*.lvdash.json"))
LIMIT_SECONDS = 3
THIRTEEN_MONTHS = 395 * 24


def datasets():
    for path in DASHBOARDS:
        for dataset in json.loads(path.read_text())["datasets"]:
            yield f"{path.name.split('.')[0]}/{dataset['name']}", "".join(dataset["queryLines"])


def alerts():
    """With names as the tests have them."""
    named = yaml.safe_load((BUNDLE / "resources" / "alerts.yml").read_text())["resources"]["alerts"]
    for name, alert in named.items():
        sql = alert["query_text"].replace("${var.catalog}.${resources.schemas.gateway.name}.", "")
        sql = sql.replace("system.billing.usage", "billing_usage_of_the_platform")
        yield name, sql.replace("system.billing.list_prices", "list_prices")


QUERIES = dict(datasets())
ALERT_QUERIES = dict(alerts())

# As many hours as asked for, of what the lake has at the volume that it is made for (docs/cost.md): 8 gateways, 1.14 million
# objects and 3.5 billion events a day, 400 billing records a second, one line in ten thousand refused. Each with the time for
# which it is kept, and the columns that the queries read. Of Silver the newest week: its files are skipped by their statistics.
TABLES = """
SET VARIABLE now = date_trunc('second', now()::TIMESTAMP);
SET VARIABLE bronze_hours = least(getvariable('hours'), 45 * 24);
SET VARIABLE silver_hours = least(getvariable('hours'), 7 * 24);
CREATE MACRO ago(seconds) AS getvariable('now') - INTERVAL (seconds::BIGINT) SECOND;
CREATE MACRO h(n) AS date_trunc('hour', getvariable('now')) - INTERVAL (n) HOUR;

CREATE TABLE billing_hourly AS SELECT h(i // 1000) AS usage_hour, 'a' || (i % 250) AS account_id,
  'w' || (i % 1000) AS workspace_id, 'sku' || (i % 7) AS sku_name, 'DBU' AS usage_unit, (i % 90)::BIGINT AS records,
  (hash(i) % 100000 / 1000)::DECIMAL(38, 9) AS usage_quantity, h(0) AS closed_at
  FROM range(getvariable('hours') * 1000) AS t(i);
CREATE TABLE billing_adjustments AS SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, 1::BIGINT AS records,
  usage_quantity / 100 AS usage_quantity, usage_hour + INTERVAL 5 HOUR AS adjusted_at
  FROM billing_hourly WHERE hash(usage_hour, workspace_id) % 100 = 0;
CREATE TABLE billing_closed_hours AS SELECT h(i) AS usage_hour, h(i) AS closed_at, h(i) AS complete_through,
  1::BIGINT AS records, 1::DECIMAL(38, 9) AS usage_quantity FROM range(2, getvariable('hours')) AS t(i);
CREATE TABLE usage_hourly_now AS SELECT * EXCLUDE closed_at, usage_hour AS last_received_at FROM billing_hourly;
CREATE TABLE customer_usage_daily AS SELECT usage_hour::DATE AS usage_date, account_id, workspace_id, sku_name, usage_unit,
  sum(records)::BIGINT AS records, sum(usage_quantity) AS usage_quantity, sum(usage_quantity) / 100 AS adjusted_quantity
  FROM billing_hourly GROUP BY ALL;
CREATE TABLE job_health_hourly AS SELECT h(i // 400) AS hour, 'w' || (i % 50) AS workspace_id, 'j' || (i % 400) AS job_id,
  (i % 7)::BIGINT AS runs, (i % 6)::BIGINT AS succeeded, (i % 2)::BIGINT AS failed, 0::BIGINT AS running,
  (i % 900)::DOUBLE AS run_seconds FROM range(getvariable('hours') * 400) AS t(i);
CREATE TABLE cluster_health_hourly AS SELECT h(i // 300) AS hour, 'w' || (i % 50) AS workspace_id,
  'c' || (i % 300) AS cluster_id, 60::BIGINT AS samples, (i % 100)::DOUBLE AS cpu_percent_mean,
  (i % 101)::DOUBLE AS cpu_percent_max, (i % 99)::DOUBLE AS mem_percent_max, 0::DOUBLE AS swap_percent_max,
  (i % 5)::BIGINT AS samples_waiting FROM range(getvariable('hours') * 300) AS t(i);
CREATE TABLE audit_activity_hourly AS SELECT h(i // 300) AS hour, 'acc' || (i % 10) AS account_id,
  's' || (i % 30) AS service_name, 'act' || (i % 300) AS action_name, (i % 1000)::BIGINT AS events,
  (i % 10)::BIGINT AS errors, (i % 100)::BIGINT AS writes FROM range(getvariable('hours') * 300) AS t(i);

CREATE TABLE completeness AS SELECT s.stream, 'g' || g.i AS gateway, 'running' AS state, ago(g.i * 1200) AS complete_through,
  'f' AS held_back_by, 'silent' AS reason, ago(0) AS computed_at
  FROM (VALUES ('audit_logs'), ('job_events'), ('billing_usage'), ('cluster_metrics')) AS s(stream), range(8) AS g(i);
CREATE TABLE completeness_history AS SELECT 's' || (i % 9) AS stream, ago(i // 9 * 120) AS computed_at,
  ago(i // 9 * 120 + 180) AS complete_through, 8::BIGINT AS gateways FROM range(getvariable('hours') * 30 * 9) AS t(i);
CREATE TABLE check_results AS SELECT ago(i // 60 * 900) AS run_at, 'check' || (i % 10) AS check_name,
  'scope' || (i % 60) AS scope, (i % 997 = 0)::BIGINT AS failures, 'x' AS detail, 2 AS days
  FROM range(getvariable('hours') * 4 * 60) AS t(i);
CREATE TABLE schema_observed AS SELECT 's' || (i % 4) AS stream, h(i // 100) AS hour,
  'f' || (i // 4 % 25) || CASE WHEN i // 100 = 1 AND i % 100 = 7 THEN 'x' ELSE '' END AS field, 'STRING' AS type,
  100::BIGINT AS events, 100::BIGINT AS of_events FROM range(getvariable('hours') * 100) AS t(i);
CREATE TABLE silver_quarantine AS SELECT ago(i / 4) AS ingested_at, 's' || (i % 4) AS stream, ['reason' || (i % 9)] AS reasons
  FROM range(getvariable('bronze_hours') * 3600 * 4) AS t(i);
CREATE TABLE bronze_objects AS
  SELECT ['audit_logs', 'job_events', 'billing_usage', 'cluster_metrics', '_ledger'][1 + i % 5] AS stream,
  1000::BIGINT AS rows, ago(i / 13.2 + 20) AS landed_at, ago(i / 13.2) AS ingested_at
  FROM range((getvariable('hours') * 3600 * 13.2)::BIGINT) AS t(i);
CREATE TABLE bronze_ledger AS SELECT ago(i / 30 + 20) AS landed_at, ago(i / 30) AS ingested_at,
  ago(i / 30)::DATE AS ingest_date FROM range(getvariable('bronze_hours') * 3600 * 30) AS t(i);
CREATE TABLE silver_billing_usage AS SELECT ago(i / 400 + 30) AS received_at, ago(i / 400) AS ingested_at
  FROM range(getvariable('silver_hours') * 3600 * 400) AS t(i);
CREATE TABLE silver_progress AS SELECT stream, ago(90) AS newest, ago(60) AS read_to FROM (SELECT DISTINCT stream FROM completeness);
CREATE TABLE bronze_event_log AS SELECT ago(i * 6) AS timestamp, CASE WHEN i % 1000 = 0 THEN 'ERROR' ELSE 'INFO' END AS level,
  'flow_progress' AS event_type, repeat('d', 400) AS details, NULL::VARCHAR AS error
  FROM range(getvariable('hours') * 600) AS t(i);
CREATE TABLE silver_gold_event_log AS SELECT * FROM bronze_event_log;
CREATE TABLE erased_subjects AS SELECT md5(i::VARCHAR) AS subject_sha256, ago(i * 60) AS requested_at, ago(0) AS erased_at
  FROM range(getvariable('hours') * 10) AS t(i);
CREATE TABLE billing_usage_of_the_platform AS SELECT 1.5 AS usage_quantity, 'sku' || (i % 20) AS sku_name,
  h(i // 300) AS usage_start_time, h(i // 300)::DATE AS usage_date, MAP {'project': 'sluice'} AS custom_tags
  FROM range(getvariable('hours') * 300) AS t(i);
CREATE TABLE list_prices AS SELECT 'sku' || i AS sku_name, TIMESTAMP '2020-01-01' AS price_start_time,
  NULL::TIMESTAMP AS price_end_time, {'default': 0.35} AS pricing FROM range(20) AS t(i);
"""
# Views that neither a dashboard nor an alert reads, over tables that are not here.
ELSEWHERE = ("trail_entries",)


def duck(sql):
    """Databricks' SQL as DuckDB's. Its TIMESTAMP has no zone, and is not to be compared with one that has."""
    text = sqlglot.transpile(sql.replace("unix_timestamp(", "epoch("), read="databricks", write="duckdb")[0]
    return text.replace("CURRENT_TIMESTAMP", "now()::TIMESTAMP").replace("TIMESTAMPTZ", "TIMESTAMP")


def connect(path):
    store = duckdb.connect(str(path), config={"threads": 2, "memory_limit": "4GB"})
    store.execute("SET TimeZone = 'UTC'")
    return store


def generate(store, hours):
    """The tables, and the views as they ship."""
    store.execute(f"SET VARIABLE hours = {hours}")
    for statement in statements(TABLES):
        store.execute(statement)
    for name in ("ops/tables.sql", "ops/views.sql"):
        for statement in statements((SQL / name).read_text()):
            if "CREATE OR REPLACE VIEW" in statement and not any(f"VIEW {view} AS" in statement for view in ELSEWHERE):
                store.execute(duck(statement))


def run(store):
    """The rows of every query, by its name, and how long each took."""
    for name, sql in {**QUERIES, **ALERT_QUERIES}.items():
        text = duck(sql)
        start = time.monotonic()
        rows = store.execute(text).fetchall()
        yield name, rows, time.monotonic() - start


def main(folder):
    path = folder / "lake.duckdb"
    if not path.exists():
        store = connect(path)
        generate(store, THIRTEEN_MONTHS)
        store.close()
    times = {}
    for _ in range(3):
        store = connect(path)  # Anew: nothing of the run before is in the engine's memory.
        for name, _, seconds in run(store):
            times.setdefault(name, []).append(seconds)
        tables = store.execute("SELECT table_name, estimated_size FROM duckdb_tables() ORDER BY 2 DESC").fetchall()
        store.close()
    print(f"rows, in {path.stat().st_size / 1e9:.1f} GB:", ", ".join(f"{name} {rows:,}" for name, rows in tables))
    print(f"two threads, load {os.getloadavg()[0]:.1f}; seconds of three runs:")
    for name, seconds in sorted(times.items(), key=lambda item: -statistics.median(item[1])):
        print(f"  {name:32}", *(f"{second:6.2f}" for second in seconds))
    slow = [name for name, seconds in times.items() if statistics.median(seconds) > LIMIT_SECONDS]
    sys.exit(f"over {LIMIT_SECONDS} s: {', '.join(slow)}" if slow else 0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sluice-lake-bench-") as scratch:
        main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else scratch))
