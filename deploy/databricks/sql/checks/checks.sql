-- What must hold, checked every run of the job `checks`; zero failures is good. Each check looks at what is recent enough
-- to still change; :days says how far back.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE check_from TIMESTAMP;
SET VARIABLE check_from = current_timestamp() - make_interval(0, 0, 0, :days);

INSERT INTO check_results
-- Sequences that were acknowledged and are not in Bronze, older than :lag_seconds.
SELECT current_timestamp() AS run_at, 'sequence_gaps' AS check_name,
  concat_ws('/', k.stream, k.gateway, k.incarnation) AS scope,
  greatest(k.known_end - coalesce(p.contiguous, 0), 0) AS failures,
  concat('whole up to ', coalesce(p.contiguous, 0), ', acknowledged up to ', k.known_end) AS detail
FROM (
  SELECT gateway, incarnation, stream, max(greatest(coalesce(next_sequence, 0), coalesce(end, 0))) AS known_end
  FROM silver_ledger
  WHERE fact IN ('position', 'incarnation_ended', 'segment_sealed', 'object_landed', 'range_damaged')
    AND at >= session.check_from AND at < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds)
  GROUP BY gateway, incarnation, stream) AS k
LEFT JOIN life_progress AS p ON p.gateway = k.gateway AND p.incarnation = k.incarnation AND p.stream = k.stream
UNION ALL
-- Acknowledged events that a gateway's disk lost.
SELECT current_timestamp(), 'damaged_ranges', coalesce(stream, 'all'), coalesce(sum(end - first), 0), NULL
FROM (SELECT DISTINCT gateway, incarnation, stream, first, end FROM silver_ledger
  WHERE fact = 'range_damaged' AND at >= session.check_from) GROUP BY stream
UNION ALL
-- Objects that the ledger says have landed: is every one in Bronze, with every row?
SELECT current_timestamp(), 'object_rows', f.stream, count_if(coalesce(o.rows, -1) <> f.events),
  min(CASE WHEN coalesce(o.rows, -1) <> f.events THEN f.landed_object END)
FROM (
  SELECT DISTINCT stream, landed_object, events FROM silver_ledger
  WHERE fact IN ('object_landed', 'batch_landed') AND at >= session.check_from
    AND at < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds)) AS f
LEFT JOIN bronze_objects AS o ON o.object = f.landed_object
GROUP BY f.stream
UNION ALL
-- Batches: each event of a batch that stayed whole stands once per object, in Silver or in quarantine.
SELECT current_timestamp(), 'batch_counts', 'billing_usage', count_if(rows <> distinct_indexes),
  min(CASE WHEN rows <> distinct_indexes THEN batch_key END)
FROM (
  SELECT object, batch_key, count(*) AS rows, count(DISTINCT batch_index) AS distinct_indexes
  FROM silver_billing_usage WHERE ingested_at >= session.check_from GROUP BY object, batch_key)
UNION ALL
-- No duplicates where Silver promises none.
SELECT current_timestamp(), 'duplicates', 'silver_billing_usage', count(*) - count(DISTINCT record_id), NULL
FROM silver_billing_usage WHERE ingested_at >= session.check_from
UNION ALL
SELECT current_timestamp(), 'duplicates', 'silver_audit_logs', count(*) - count(DISTINCT event_date, event_id), NULL
FROM silver_audit_logs WHERE ingested_at >= session.check_from
UNION ALL
-- Bronze to Silver: every line of an object is in Silver or in quarantine; for deduplicated streams, each event is.
SELECT current_timestamp(), 'bronze_to_silver', o.stream,
  count_if(o.rows <> coalesce(s.rows, 0) + coalesce(q.rows, 0)),
  min(CASE WHEN o.rows <> coalesce(s.rows, 0) + coalesce(q.rows, 0) THEN o.object END)
FROM bronze_objects AS o
LEFT JOIN (
  SELECT object, count(*) AS rows FROM silver_job_events WHERE ingested_at >= session.check_from GROUP BY object
  UNION ALL
  SELECT object, count(*) FROM silver_cluster_metrics WHERE ingested_at >= session.check_from GROUP BY object) AS s
  ON s.object = o.object
LEFT JOIN (
  SELECT object, count(*) AS rows FROM silver_quarantine
  WHERE origin = 'lake' AND ingested_at >= session.check_from GROUP BY object) AS q ON q.object = o.object
WHERE o.stream IN ('job_events', 'cluster_metrics') AND o.ingested_at >= session.check_from
  AND o.ingested_at < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds)
GROUP BY o.stream
UNION ALL
SELECT current_timestamp(), 'bronze_to_silver', 'billing_usage', count(*), min(b.event_key)
FROM (
  SELECT DISTINCT get_json_object(raw, '$.event_key') AS event_key FROM bronze_billing_usage
  WHERE ingested_at >= session.check_from
    AND ingested_at < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds)) AS b
LEFT ANTI JOIN silver_billing_usage AS s ON s.record_id = b.event_key
LEFT ANTI JOIN silver_quarantine AS q ON q.stream = 'billing_usage' AND q.event_key = b.event_key
WHERE b.event_key IS NOT NULL
UNION ALL
-- The same of one object in :sample of the large one.
SELECT current_timestamp(), 'bronze_to_silver', 'audit_logs', count(*), min(b.event_key)
FROM (
  SELECT DISTINCT get_json_object(raw, '$.event_key') AS event_key FROM bronze_audit_logs
  WHERE ingested_at >= session.check_from AND pmod(xxhash64(object), :sample) = 0
    AND ingested_at < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds)) AS b
LEFT ANTI JOIN silver_audit_logs AS s ON s.event_id = b.event_key
LEFT ANTI JOIN silver_quarantine AS q ON q.stream = 'audit_logs' AND q.event_key = b.event_key
WHERE b.event_key IS NOT NULL
UNION ALL
-- Silver to Gold: usage in Silver is what the hours say.
SELECT current_timestamp(), 'silver_to_gold', 'usage_hourly_now',
  CASE WHEN s.records = g.records AND s.quantity = g.quantity THEN 0 ELSE 1 END,
  concat(s.records, ' records of ', s.quantity, ' in Silver, ', g.records, ' of ', g.quantity, ' in Gold')
FROM (SELECT count(*) AS records, coalesce(sum(usage_quantity), 0) AS quantity FROM silver_billing_usage) AS s
CROSS JOIN (
  SELECT coalesce(sum(records), 0) AS records, coalesce(sum(usage_quantity), 0) AS quantity FROM usage_hourly_now) AS g
UNION ALL
-- What is billed for closed hours is what is known for them.
SELECT current_timestamp(), 'closed_hours', 'billing_final', count(*), min(CAST(usage_hour AS STRING))
FROM (
  SELECT usage_hour, sum(usage_quantity) AS quantity FROM (
    SELECT u.usage_hour, u.usage_quantity FROM usage_hourly_now AS u
    JOIN billing_closed_hours AS c ON c.usage_hour = u.usage_hour
    UNION ALL SELECT usage_hour, -usage_quantity FROM billing_hourly
    UNION ALL SELECT usage_hour, -usage_quantity FROM billing_adjustments)
  WHERE usage_hour >= session.check_from
  GROUP BY usage_hour HAVING sum(usage_quantity) <> 0)
UNION ALL
-- The trail: every entry bears the SHA-256 of the one before it in its gateway's chain.
SELECT current_timestamp(), 'trail_chain', t.gateway,
  count_if(CASE WHEN t.number = 1 THEN t.previous <> repeat('0', 64) ELSE b.number IS NULL END),
  min(CASE WHEN t.number > 1 AND b.number IS NULL THEN concat('entry ', t.number, ' of chain ', t.chain) END)
FROM trail_entries AS t
LEFT JOIN trail_entries AS b ON b.gateway = t.gateway AND b.chain = t.chain AND b.number = t.number - 1
  AND b.payload_sha256 = t.previous
WHERE t.ingested_at < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds)
GROUP BY t.gateway
UNION ALL
-- Every layer's lag against its target.
SELECT current_timestamp(), 'freshness', concat_ws('/', layer, stream),
  CASE WHEN lag_seconds > target_seconds + :freshness_slack_seconds THEN 1 ELSE 0 END,
  concat('lags ', lag_seconds, ' s, newest is of ', newest)
FROM freshness;
