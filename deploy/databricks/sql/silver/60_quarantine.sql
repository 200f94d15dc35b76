-- What a gateway refused and what Silver refuses, in one table, with reasons. A line has one row, however often it is
-- replayed. Nothing leaves a stream unseen: Bronze rows = valid lines + these.
CREATE TEMPORARY VIEW gateway_rejects AS
SELECT 'gateway' AS origin,
  coalesce(try_variant_get(line, '$.payload.stream', 'string'), '_quarantine') AS stream,
  array(coalesce(try_variant_get(line, '$.payload.reason', 'string'), 'malformed_json')) AS reasons,
  try_variant_get(line, '$.payload.detail', 'string') AS detail,
  coalesce(try_variant_get(line, '$.payload.raw', 'string'), try_variant_get(line, '$.payload.raw_base64', 'string'), raw)
    AS raw,
  try_variant_get(line, '$.event_key', 'string') AS event_key,
  try_variant_get(line, '$.batch_key', 'string') AS batch_key,
  try_variant_get(line, '$.batch_index', 'bigint') AS batch_index,
  try_variant_get(line, '$.producer', 'string') AS producer,
  try_to_timestamp(try_variant_get(line, '$.received_at', 'string')) AS received_at,
  object, landed_at, ingested_at, 0L AS replay
FROM (SELECT try_parse_json(raw) AS line, raw, object, landed_at, ingested_at FROM STREAM(bronze_quarantine) WITH (SKIPCHANGECOMMITS = TRUE));

-- Of a line that is no VARIANT, some things can be read nevertheless.
CREATE TEMPORARY VIEW rejects AS
-- Not by its text where it is numbered: that changes when somebody whom it names is erased.
SELECT sha2(concat_ws('|', object, stream, producer, batch_key, batch_index, CASE WHEN batch_index IS NULL THEN raw END), 256)
  AS line_id, * FROM (
SELECT 'lake' AS origin, 'audit_logs' AS stream, reasons, CAST(NULL AS STRING) AS detail, raw,
  coalesce(event_id, get_json_object(raw, '$.event_key')) AS event_key, batch_key, batch_index,
  coalesce(producer, get_json_object(raw, '$.producer')) AS producer, received_at, object, landed_at, ingested_at, replay
FROM STREAM(audit_logs_checked) WHERE size(reasons) > 0
UNION ALL
SELECT 'lake' AS origin, 'job_events' AS stream, reasons, CAST(NULL AS STRING) AS detail, raw,
  coalesce(event_id, get_json_object(raw, '$.event_key')) AS event_key, batch_key, batch_index,
  coalesce(producer, get_json_object(raw, '$.producer')) AS producer, received_at, object, landed_at, ingested_at, replay
FROM STREAM(job_events_checked) WHERE size(reasons) > 0
UNION ALL
SELECT 'lake' AS origin, 'billing_usage' AS stream, reasons, CAST(NULL AS STRING) AS detail, raw,
  coalesce(record_id, get_json_object(raw, '$.event_key')) AS event_key, batch_key, batch_index,
  coalesce(producer, get_json_object(raw, '$.producer')) AS producer, received_at, object, landed_at, ingested_at, replay
FROM STREAM(billing_usage_checked) WHERE size(reasons) > 0
UNION ALL
SELECT 'lake' AS origin, 'cluster_metrics' AS stream, reasons, CAST(NULL AS STRING) AS detail, raw,
  coalesce(event_id, get_json_object(raw, '$.event_key')) AS event_key, batch_key, batch_index,
  coalesce(producer, get_json_object(raw, '$.producer')) AS producer, received_at, object, landed_at, ingested_at, replay
FROM STREAM(cluster_metrics_checked) WHERE size(reasons) > 0
UNION ALL
SELECT * FROM STREAM(gateway_rejects));

CREATE STREAMING TABLE silver_quarantine
USING DELTA
CLUSTER BY (stream, ingested_at)
COMMENT 'Lines that were refused, with reasons'
TBLPROPERTIES (
  'delta.enableRowTracking' = 'true',
  'delta.dataSkippingStatsColumns' = 'line_id,origin,stream,received_at,object,ingested_at',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours',
  'pipelines.cdc.tombstoneGCThresholdInSeconds' = '3024000');

CREATE FLOW quarantine_by_line AS AUTO CDC INTO silver_quarantine
FROM STREAM(rejects)
KEYS (line_id)
SEQUENCE BY replay
STORED AS SCD TYPE 1;
