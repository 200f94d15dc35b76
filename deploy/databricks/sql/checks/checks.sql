-- What must hold, checked every run of the job `checks`; zero failures is good. Each check looks at what is recent enough
-- to still change; :days says how far back.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE check_from TIMESTAMP;
SET VARIABLE check_from = current_timestamp() - make_interval(0, 0, 0, :days);
-- What came later may still be on its way to the next layer.
DECLARE OR REPLACE VARIABLE check_to TIMESTAMP;
SET VARIABLE check_to = current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :lag_seconds);

INSERT INTO check_results
SELECT current_timestamp() AS run_at, check_name, scope, failures, detail, CAST(:days AS INT) AS days FROM (
-- Sequences that were acknowledged and are not in Bronze, older than :lag_seconds.
SELECT 'sequence_gaps' AS check_name,
  concat_ws('/', k.stream, k.gateway, k.incarnation) AS scope,
  greatest(k.known_end - coalesce(p.contiguous, 0), 0) AS failures,
  concat('whole up to ', coalesce(p.contiguous, 0), ', acknowledged up to ', k.known_end) AS detail
FROM (
  SELECT gateway, incarnation, stream, max(greatest(coalesce(next_sequence, 0), coalesce(end, 0))) AS known_end
  FROM silver_ledger
  WHERE fact IN ('position', 'incarnation_ended', 'segment_sealed', 'object_landed', 'range_damaged')
    AND at >= session.check_from AND at < session.check_to
  GROUP BY gateway, incarnation, stream) AS k
LEFT JOIN life_progress AS p ON p.gateway = k.gateway AND p.incarnation = k.incarnation AND p.stream = k.stream
UNION ALL
-- Acknowledged events that a gateway's disk lost: it said so, or later lives no longer found what one had stated.
SELECT 'damaged_ranges', coalesce(stream, 'all'), coalesce(sum(end - first), 0), NULL
FROM (
  SELECT DISTINCT gateway, incarnation, stream, first, end FROM silver_ledger
  WHERE fact = 'range_damaged' AND at >= session.check_from
  UNION ALL
  SELECT f.gateway, f.incarnation, f.stream, greatest(f.first, coalesce(p.seen, 0)), s.end
  FROM (
    SELECT gateway, incarnation, stream, max(coalesce(next_sequence, end)) AS first FROM silver_ledger
    WHERE fact IN ('segment_sealed', 'object_landed') OR fact = 'incarnation_ended' AND incarnation <> ledger_incarnation
    GROUP BY gateway, incarnation, stream
    HAVING max(at) FILTER (WHERE fact = 'incarnation_ended') >= session.check_from) AS f
  JOIN (
    SELECT gateway, incarnation, stream, max(next_sequence) AS end FROM silver_ledger
    WHERE fact IN ('position', 'incarnation_ended') AND incarnation = ledger_incarnation
    GROUP BY gateway, incarnation, stream) AS s
    ON s.gateway = f.gateway AND s.incarnation = f.incarnation AND s.stream = f.stream
  LEFT JOIN life_progress AS p ON p.gateway = f.gateway AND p.incarnation = f.incarnation AND p.stream = f.stream
  WHERE s.end > greatest(f.first, coalesce(p.seen, 0)))
GROUP BY stream
UNION ALL
-- Objects that the ledger says have landed: is every one in Bronze, with every row?
SELECT 'object_rows', f.stream, count_if(coalesce(o.rows, -1) <> f.events),
  min(CASE WHEN coalesce(o.rows, -1) <> f.events THEN f.landed_object END)
FROM (
  SELECT DISTINCT stream, landed_object, events FROM silver_ledger
  WHERE fact IN ('object_landed', 'batch_landed') AND at >= session.check_from
    AND at < session.check_to) AS f
LEFT JOIN bronze_objects AS o ON o.object = f.landed_object
GROUP BY f.stream
UNION ALL
-- Batches: an object of a strong stream is one batch, each event of it once.
SELECT 'batch_counts', 'billing_usage', count(*), min(object)
FROM (
  SELECT object
  FROM (
    SELECT object, try_parse_json(raw) AS line FROM bronze_billing_usage
    WHERE object LIKE '%/keyed/%' AND ingested_at >= session.check_from AND ingested_at < session.check_to)
  GROUP BY object
  HAVING count(*) <> coalesce(max(try_variant_get(line, '$.batch_size', 'bigint')), -1)
    OR count(*) <> count(DISTINCT try_variant_get(line, '$.batch_index', 'bigint'))
    OR count(DISTINCT try_variant_get(line, '$.batch_key', 'string')) <> 1)
UNION ALL
-- No duplicates where Silver promises none.
SELECT 'duplicates', 'silver_billing_usage', count(*) - count(DISTINCT record_id), NULL
FROM silver_billing_usage WHERE ingested_at >= session.check_from
UNION ALL
SELECT 'duplicates', 'silver_audit_logs', count(*) - count(DISTINCT event_date, event_id), NULL
FROM silver_audit_logs WHERE ingested_at >= session.check_from
UNION ALL
-- Bronze to Silver: every line of an object is in Silver or in quarantine; for deduplicated streams, each event is.
SELECT 'bronze_to_silver', o.stream,
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
  AND o.ingested_at < session.check_to
GROUP BY o.stream
UNION ALL
SELECT 'bronze_to_silver', 'billing_usage', count(*), min(b.event_key)
FROM (
  SELECT DISTINCT get_json_object(raw, '$.event_key') AS event_key FROM bronze_billing_usage
  WHERE ingested_at >= session.check_from
    AND ingested_at < session.check_to) AS b
LEFT ANTI JOIN silver_billing_usage AS s ON s.record_id = b.event_key
LEFT ANTI JOIN silver_quarantine AS q ON q.stream = 'billing_usage' AND q.event_key = b.event_key
WHERE b.event_key IS NOT NULL
UNION ALL
-- The same of one object in :sample of the large one.
SELECT 'bronze_to_silver', 'audit_logs', count(*), min(b.event_key)
FROM (
  SELECT DISTINCT get_json_object(raw, '$.event_key') AS event_key FROM bronze_audit_logs
  WHERE ingested_at >= session.check_from AND pmod(xxhash64(object), :sample) = 0
    AND ingested_at < session.check_to) AS b
LEFT ANTI JOIN silver_audit_logs AS s ON s.event_id = b.event_key
LEFT ANTI JOIN silver_quarantine AS q ON q.stream = 'audit_logs' AND q.event_key = b.event_key
WHERE b.event_key IS NOT NULL
UNION ALL
-- Silver to Gold: usage in Silver is what the hours say, account by account.
SELECT 'silver_to_gold', 'usage_hourly_now', count(*), min(concat(account_id, ' in ', usage_hour))
FROM (
  SELECT usage_hour, account_id
  FROM (
    SELECT usage_hour, account_id, 1L AS records, usage_quantity, ingested_at FROM silver_billing_usage
    WHERE usage_date >= CAST(session.check_from AS DATE)
    UNION ALL
    SELECT usage_hour, account_id, -records, -usage_quantity, NULL FROM usage_hourly_now)
  WHERE usage_hour >= session.check_from
  GROUP BY usage_hour, account_id
  HAVING (sum(records) <> 0 OR sum(usage_quantity) <> 0) AND coalesce(max(ingested_at) < session.check_to, true))
UNION ALL
-- What is billed for closed hours is what is known for them.
SELECT 'closed_hours', 'billing_final', count(DISTINCT usage_hour), min(concat(account_id, ' in ', usage_hour))
FROM (
  SELECT usage_hour, account_id
  FROM (
    SELECT u.usage_hour, u.account_id, u.workspace_id, u.sku_name, u.usage_unit, u.records, u.usage_quantity,
      u.last_received_at
    FROM usage_hourly_now AS u JOIN billing_closed_hours AS c ON c.usage_hour = u.usage_hour
    UNION ALL
    SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, -records, -usage_quantity, NULL FROM billing_hourly
    UNION ALL
    SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, -records, -usage_quantity, NULL
    FROM billing_adjustments)
  WHERE usage_hour >= session.check_from
  GROUP BY usage_hour, account_id, workspace_id, sku_name, usage_unit
  HAVING (sum(records) <> 0 OR sum(usage_quantity) <> 0) AND coalesce(max(last_received_at) < session.check_to, true))
UNION ALL
-- The rows of a closed hour are those that it was closed with. An adjustment would make up for one that changed.
SELECT 'closed_hours', 'billing_hourly', count(*), min(CAST(c.usage_hour AS STRING))
FROM billing_closed_hours AS c
LEFT JOIN (
  SELECT usage_hour, sum(records) AS records, sum(usage_quantity) AS usage_quantity FROM billing_hourly
  WHERE usage_hour >= session.check_from GROUP BY usage_hour) AS b ON b.usage_hour = c.usage_hour
WHERE c.usage_hour >= session.check_from
  AND (c.records <> coalesce(b.records, 0) OR c.usage_quantity <> coalesce(b.usage_quantity, 0))
UNION ALL
-- The trail: every entry bears the SHA-256 of the one before it in its gateway's chain, and no chain forks.
SELECT 'trail_chain', gateway, count_if(broken), min(CASE WHEN broken THEN concat('entry ', number, ' of chain ', chain) END)
FROM (
  SELECT t.gateway, t.chain, t.number,
    CASE WHEN t.number = 1 THEN t.previous <> repeat('0', 64) ELSE b.number IS NULL END
      OR count(*) OVER (PARTITION BY t.gateway, t.chain, t.number) > 1 AS broken
  FROM trail_entries AS t
  LEFT JOIN trail_entries AS b ON b.gateway = t.gateway AND b.chain = t.chain AND b.number = t.number - 1
    AND b.payload_sha256 = t.previous
  WHERE t.ingested_at < session.check_to)
GROUP BY gateway
UNION ALL
-- Every layer's lag against its target.
SELECT 'freshness', concat_ws('/', layer, stream),
  CASE WHEN lag_seconds > target_seconds + :freshness_slack_seconds THEN 1 ELSE 0 END,
  concat('lags ', lag_seconds, ' s', coalesce(concat(', newest is of ', newest), ''))
FROM freshness);
