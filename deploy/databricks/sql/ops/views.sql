-- Views for people and dashboards. Run by the job `setup` after the pipelines' first update; safe to run again.
USE IDENTIFIER(:schema);

-- Per stream: complete through when, and which gateways hold it back.
CREATE OR REPLACE VIEW stream_completeness AS
SELECT stream, CASE WHEN count(complete_through) = count(*) THEN min(complete_through) END AS complete_through,
  max(complete_through) AS furthest,
  min_by(gateway, coalesce(complete_through, TIMESTAMP '1970-01-01 00:00:00')) AS slowest_gateway,
  count(*) AS gateways, max(computed_at) AS computed_at
FROM completeness GROUP BY stream;

-- What is known now for every hour: closed or still open, and the gateways that have not said all yet.
CREATE OR REPLACE VIEW usage_live AS
SELECT u.usage_hour, u.account_id, u.workspace_id, u.sku_name, u.usage_unit, u.records, u.usage_quantity,
  u.last_received_at, c.usage_hour IS NOT NULL AS closed, i.incomplete_gateways
FROM usage_hourly_now AS u
LEFT JOIN billing_closed_hours AS c ON c.usage_hour = u.usage_hour
LEFT JOIN (
  SELECT h.usage_hour, sort_array(collect_list(g.gateway)) AS incomplete_gateways
  FROM (SELECT DISTINCT usage_hour FROM usage_hourly_now) AS h
  JOIN completeness AS g ON g.stream = 'billing_usage'
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

-- The newest result of every check.
CREATE OR REPLACE VIEW checks_now AS
SELECT check_name, scope, max_by(failures, run_at) AS failures, max_by(detail, run_at) AS detail, max(run_at) AS run_at
FROM check_results GROUP BY check_name, scope;

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

-- Freshness of every layer: how old the newest row is, by when its event arrived at a gateway.
CREATE OR REPLACE VIEW freshness AS
SELECT stream, 'bronze' AS layer, max(ingested_at) AS newest, 60 AS target_seconds FROM bronze_objects GROUP BY stream
UNION ALL
SELECT 'audit_logs', 'silver', max(received_at), 300 FROM silver_audit_logs
WHERE ingested_at >= current_timestamp() - INTERVAL 1 DAY
UNION ALL
SELECT 'job_events', 'silver', max(received_at), 300 FROM silver_job_events
WHERE ingested_at >= current_timestamp() - INTERVAL 1 DAY
UNION ALL
SELECT 'billing_usage', 'silver', max(received_at), 300 FROM silver_billing_usage
WHERE ingested_at >= current_timestamp() - INTERVAL 1 DAY
UNION ALL
SELECT 'cluster_metrics', 'silver', max(received_at), 300 FROM silver_cluster_metrics
WHERE ingested_at >= current_timestamp() - INTERVAL 1 DAY
UNION ALL
SELECT 'billing_usage', 'gold', max(last_received_at), 900 FROM usage_hourly_now;
