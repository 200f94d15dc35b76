"""How long the statement takes that decides through when every stream is complete, which the job `refresh` runs every few minutes:
on DuckDB with two threads, over what it reads at the volume that the lake is made for.

deciding.py [FOLDER]
"""

import os
import pathlib
import re
import sys
import tempfile
import time

from dashboards import connect, duck
from lake import SQL, statements

# As docs/cost.md: 8 gateways, a segment of each of three available streams and of the ledger every 10 s, 10 batches of the strong
# stream a second, positions of seven streams every 5 s; facts as `retention` leaves them, on its fourth day. Nothing is missing.
STATE = """
SET VARIABLE now = date_trunc('second', now()::TIMESTAMP);
SET VARIABLE fact_seconds = 4 * 86400;
CREATE MACRO ago(seconds) AS getvariable('now') - INTERVAL (seconds::BIGINT) SECOND;
CREATE MACRO life(gateway) AS format('{:016x}', 1000 + gateway);
CREATE MACRO name(stream) AS ['audit_logs', 'job_events', 'cluster_metrics', '_ledger', '_quarantine', '_trail', 'billing_usage'][1 + stream];

CREATE TABLE bronze_objects AS
  SELECT 'billing_usage/keyed/' || left(sha256(i::VARCHAR), 2) || '/' || sha256(i::VARCHAR) || '.json.gz' AS object,
    NULL::VARCHAR AS gateway, NULL::VARCHAR AS incarnation, 'billing_usage' AS stream, NULL::BIGINT AS first,
    NULL::BIGINT AS end, 40::BIGINT AS rows, ago(i / 10) AS ingested_at
  FROM range(35 * 86400 * 10) AS t(i);
CREATE TABLE silver_ledger AS
  SELECT fact, 'g' || g AS gateway, life(g) AS incarnation, life(g) AS ledger_incarnation, name(s) AS stream, ago(seconds) AS at,
    next_sequence::BIGINT AS next_sequence, "end"::BIGINT AS "end", landed_object, events::BIGINT AS events,
    ((getvariable('fact_seconds') - seconds) * 10)::BIGINT AS ledger_batch,
    ((getvariable('fact_seconds') - seconds) * 30)::BIGINT AS ledger_end
  FROM (
    SELECT 'position' AS fact, i % 8 AS g, i // 8 % 7 AS s, i // 56 * 5 AS seconds,
      (getvariable('fact_seconds') - i // 56 * 5) * 1000 AS next_sequence, NULL AS "end", NULL AS landed_object, NULL AS events
    FROM range(getvariable('fact_seconds') // 5 * 56) AS t(i)
    UNION ALL
    SELECT ['segment_sealed', 'object_landed'][1 + i % 2], i // 2 % 8, i // 16 % 4, i // 64 * 10, NULL,
      (getvariable('fact_seconds') - i // 64 * 10) * 1000, name(i // 16 % 4) || '/date=2026-01-01/hour=00/' || i || '.json.gz', 10000
    FROM range(getvariable('fact_seconds') // 10 * 64) AS t(i)
    UNION ALL
    SELECT 'batch_landed', i % 8, 6, i / 10, NULL, NULL,
      'billing_usage/keyed/' || left(sha256(i::VARCHAR), 2) || '/' || sha256(i::VARCHAR) || '.json.gz', 40
    FROM range(getvariable('fact_seconds') * 10) AS t(i)
    UNION ALL
    SELECT 'incarnation_opened', i, 0, getvariable('fact_seconds'), NULL, NULL, NULL, NULL FROM range(8) AS t(i));
CREATE TABLE life_progress AS SELECT 'g' || g.i AS gateway, life(g.i) AS incarnation, name(s.i) AS stream,
  10000000000::BIGINT AS contiguous, 10000000000::BIGINT AS seen, NULL::TIMESTAMP AS beyond_from FROM range(8) AS g(i), range(7) AS s(i);
CREATE TABLE finished_lives AS SELECT 'g' || (i % 8) AS gateway, format('{:016x}', i) AS incarnation, ago(i) AS last_word FROM range(500) AS t(i);
CREATE TABLE lake_written_off AS SELECT gateway, incarnation FROM finished_lives LIMIT 0;
"""


def main(folder):
    statement, = [s for s in statements((SQL / "ops/advance_completeness.sql").read_text()) if "OVERWRITE life_completeness" in s]
    batches_from, = [s for s in statements((SQL / "ops/advance_completeness.sql").read_text()) if "SET VARIABLE batches_from" in s]
    batches_from = re.search(r"= (\(.*\))", batches_from, re.DOTALL).group(1)
    query = statement[statement.index("WITH facts"):].replace("session.batches_from", batches_from)
    store = connect(folder / "completeness.duckdb")
    for part in statements(STATE):
        store.execute(part)
    for table in ("silver_ledger", "bronze_objects"):
        print(table, f"{store.execute(f'SELECT count(*) FROM {table}').fetchone()[0]:,} rows")
    for _ in range(3):
        wall, cpu = time.monotonic(), time.process_time()
        rows = store.execute(duck(query)).fetchall()
        print(f"{len(rows)} rows in {time.monotonic() - wall:.1f} s, of CPU {time.process_time() - cpu:.1f} s, load {os.getloadavg()[0]:.1f}")
    silent = [row for row in rows if row[5] == "silent"]
    assert len(silent) == len(rows) == 56, rows[:5]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sluice-lake-deciding-") as scratch:
        main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else scratch))
