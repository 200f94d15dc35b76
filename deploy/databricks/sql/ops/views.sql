-- Views for people and dashboards. Run by the job `setup` after the pipelines' first update; safe to run again.
USE IDENTIFIER(:schema);

-- What is known now for every hour: closed or still open, and the gateways that have not said all yet.
CREATE OR REPLACE VIEW usage_live AS
SELECT u.usage_hour, u.account_id, u.workspace_id, u.sku_name, u.usage_unit, u.records, u.usage_quantity,
  u.last_received_at, c.usage_hour IS NOT NULL AS closed, i.incomplete_gateways
FROM usage_hourly_now AS u
LEFT JOIN billing_closed_hours AS c ON c.usage_hour = u.usage_hour
LEFT JOIN (
  SELECT h.usage_hour, sort_array(collect_list(g.gateway)) AS incomplete_gateways
  FROM (SELECT DISTINCT usage_hour FROM usage_hourly_now) AS h
  JOIN completeness AS g ON g.stream = 'billing_usage' AND g.state <> 'ended'
    AND (g.complete_through IS NULL OR g.complete_through < h.usage_hour + INTERVAL 1 HOUR)
  GROUP BY h.usage_hour) AS i ON i.usage_hour = u.usage_hour;

-- What to bill: closed hours with their adjustments.
CREATE OR REPLACE VIEW billing_final AS
SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, sum(records) AS records,
  sum(usage_quantity) AS usage_quantity, sum(adjustments) AS adjustments
FROM (
  SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, records, usage_quantity, 0 AS adjustments
  FROM billing_hourly
  UNION ALL
  SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, records, usage_quantity, 1
  FROM billing_adjustments)
GROUP BY usage_hour, account_id, workspace_id, sku_name, usage_unit;

-- The customer usage report: a day is final once its last hour is closed.
CREATE OR REPLACE VIEW customer_usage_report AS
SELECT u.usage_date, u.account_id, u.workspace_id, u.sku_name, u.usage_unit, u.records, u.usage_quantity,
  u.adjusted_quantity, coalesce(c.hours, 0) = 24 AS final
FROM customer_usage_daily AS u
LEFT JOIN (
  SELECT CAST(usage_hour AS DATE) AS usage_date, count(*) AS hours FROM billing_closed_hours GROUP BY 1) AS c
  ON c.usage_date = u.usage_date;

-- Operations: every hour as far as it is known. `complete` says whether every gateway has said all of it.
CREATE OR REPLACE VIEW job_failures AS
SELECT h.*, coalesce(h.hour + INTERVAL 1 HOUR <= c.complete_through, false) AS complete, c.complete_through,
  c.slowest_gateway
FROM job_health_hourly AS h LEFT JOIN stream_completeness AS c ON c.stream = 'job_events';

CREATE OR REPLACE VIEW cluster_health AS
SELECT h.*, coalesce(h.hour + INTERVAL 1 HOUR <= c.complete_through, false) AS complete, c.complete_through,
  c.slowest_gateway
FROM cluster_health_hourly AS h LEFT JOIN stream_completeness AS c ON c.stream = 'cluster_metrics';

CREATE OR REPLACE VIEW audit_activity AS
SELECT h.*, coalesce(h.hour + INTERVAL 1 HOUR <= c.complete_through, false) AS complete, c.complete_through,
  c.slowest_gateway
FROM audit_activity_hourly AS h LEFT JOIN stream_completeness AS c ON c.stream = 'audit_logs';

-- What operators did and gateways saw, for auditors. An entry that was written again after a crash has the same bytes.
CREATE OR REPLACE VIEW trail_entries AS
SELECT get_json_object(payload, '$.gateway') AS gateway, get_json_object(payload, '$.chain') AS chain,
  CAST(get_json_object(payload, '$.number') AS BIGINT) AS number, get_json_object(payload, '$.previous') AS previous,
  sha2(payload, 256) AS payload_sha256, CAST(get_json_object(payload, '$.at') AS TIMESTAMP) AS at,
  get_json_object(payload, '$.action') AS action, get_json_object(payload, '$.actor') AS actor,
  get_json_object(payload, '$.role') AS role, get_json_object(payload, '$.target') AS target,
  get_json_object(payload, '$.reason') AS reason, get_json_object(payload, '$.before') AS before,
  get_json_object(payload, '$.after') AS after, min(ingested_at) AS ingested_at
FROM (SELECT regexp_extract(raw, '"payload":(.*)\\}$', 1) AS payload, ingested_at FROM bronze_trail)
GROUP BY payload;

-- The newest run of each job that runs the checks: the one of the last days does not hide what the nightly one finds further
-- back, and a scope that is no longer checked is gone.
CREATE OR REPLACE VIEW checks_now AS
SELECT r.check_name, r.scope, r.failures, r.detail, r.run_at, r.days
FROM check_results AS r
JOIN (
  SELECT days, max(run_at) AS run_at FROM check_results WHERE run_at >= current_timestamp() - INTERVAL 26 HOURS
  GROUP BY days) AS newest ON newest.days = r.days AND newest.run_at = r.run_at;

-- Drift: what a stream's newest hour has that the 24 hours before had not (new, retyped), and what is missing in it that
-- was in nearly every event before (vanished). The last eight days.
CREATE OR REPLACE VIEW schema_drift AS
WITH hours AS (
  SELECT stream, hour, field, array_join(sort_array(collect_set(type)), ',') AS types, sum(events) AS events,
    max(of_events) AS of_events
  FROM schema_observed WHERE type <> 'VOID' AND hour >= current_timestamp() - INTERVAL 8 DAYS
  GROUP BY stream, hour, field),
observed AS (
  SELECT stream, hour, lag(hour) OVER (PARTITION BY stream ORDER BY hour) AS hour_before
  FROM (SELECT DISTINCT stream, hour FROM hours))
SELECT o.stream, o.hour, n.field, 'new' AS change, CAST(NULL AS STRING) AS types_before, n.types AS types_now, n.events
FROM observed AS o JOIN hours AS n ON n.stream = o.stream AND n.hour = o.hour
LEFT ANTI JOIN hours AS b ON b.stream = n.stream AND b.field = n.field AND b.hour < n.hour
  AND b.hour >= n.hour - INTERVAL 24 HOURS
WHERE o.hour_before IS NOT NULL
UNION ALL
SELECT o.stream, o.hour, n.field, 'retyped', b.types, n.types, n.events
FROM observed AS o JOIN hours AS n ON n.stream = o.stream AND n.hour = o.hour
JOIN hours AS b ON b.stream = n.stream AND b.field = n.field AND b.hour = o.hour_before
WHERE b.types <> n.types
UNION ALL
SELECT o.stream, o.hour, b.field, 'vanished', b.types, CAST(NULL AS STRING), 0
FROM observed AS o JOIN hours AS b ON b.stream = o.stream AND b.hour = o.hour_before AND b.events >= 0.9 * b.of_events
LEFT ANTI JOIN hours AS n ON n.stream = b.stream AND n.hour = o.hour AND n.field = b.field;

-- Lag of every layer, in seconds, right also while a stream is idle. Bronze: how long the last quarter of an hour's objects
-- took from landing; of the ledger, which never is idle, how old the newest is (an hour stands for more). Silver: how long the
-- oldest object waits that Silver has nothing of (for deduplicated streams also one that brought nothing new, until the next
-- one). Gold: the same. Every part reads a bounded piece of its table, which the statistics of the files find.
CREATE OR REPLACE VIEW freshness AS
SELECT stream, 'bronze' AS layer, max(landed_at) AS newest,
  max(unix_timestamp(ingested_at) - unix_timestamp(landed_at)) AS lag_seconds, 60 AS target_seconds
FROM bronze_objects WHERE ingested_at >= current_timestamp() - INTERVAL 15 MINUTES AND stream <> '_ledger' GROUP BY stream
UNION ALL
SELECT '_ledger', 'bronze', max(landed_at),
  coalesce(unix_timestamp(current_timestamp()) - unix_timestamp(max(landed_at)), 3600), 60
FROM bronze_ledger WHERE ingested_at >= current_timestamp() - INTERVAL 1 HOUR
UNION ALL
SELECT o.stream, 'silver', max(p.newest),
  coalesce(unix_timestamp(current_timestamp()) - unix_timestamp(
    min(o.ingested_at) FILTER (WHERE p.read_to IS NULL OR o.ingested_at > p.read_to)), 0), 300
FROM bronze_objects AS o LEFT JOIN silver_progress AS p ON p.stream = o.stream
WHERE o.stream IN ('audit_logs', 'job_events', 'billing_usage', 'cluster_metrics')
  AND o.ingested_at >= current_timestamp() - INTERVAL 1 DAY
GROUP BY o.stream
UNION ALL
SELECT 'billing_usage', 'gold', max(g.newest),
  coalesce(unix_timestamp(current_timestamp()) - unix_timestamp(min(s.ingested_at)), 0), 900
FROM (SELECT max(last_received_at) AS newest FROM usage_hourly_now) AS g
LEFT JOIN silver_billing_usage AS s ON s.received_at > g.newest AND s.ingested_at >= current_timestamp() - INTERVAL 1 DAY;
