-- Billing usage, after system.billing.usage. Money: deduplicated by event key over all time and all gateways (AUTO CDC),
-- which the stream's small share of the volume makes affordable. The earliest arrival wins, so that what an hour was
-- closed with does not change when the same record is sent again.
CREATE TEMPORARY VIEW billing_usage_lines AS
SELECT try_parse_json(raw) AS line, raw, object, landed_at, ingested_at, 0L AS replay
FROM STREAM(bronze_billing_usage) WITH (SKIPCHANGECOMMITS = TRUE)
UNION ALL
SELECT try_parse_json(raw), raw, object, landed_at, ingested_at, replay
FROM STREAM(replay_lines) WITH (SKIPCHANGECOMMITS = TRUE) WHERE stream = 'billing_usage';

CREATE TEMPORARY VIEW billing_usage_typed AS
SELECT
  try_variant_get(line, '$.event_key', 'string') AS record_id,
  try_variant_get(line, '$.producer', 'string') AS producer,
  try_variant_get(line, '$.batch_key', 'string') AS batch_key,
  try_variant_get(line, '$.batch_index', 'bigint') AS batch_index,
  try_to_timestamp(try_variant_get(line, '$.received_at', 'string')) AS received_at,
  -- As the gateways take it: a number is of seconds since 1970, or of milliseconds from 10^11 on.
  coalesce(
    timestamp_micros(try_cast(try_variant_get(line, '$.payload.event_time', 'double')
      * CASE WHEN try_variant_get(line, '$.payload.event_time', 'double') >= 1e11 THEN 1000 ELSE 1000000 END AS BIGINT)),
    try_to_timestamp(try_variant_get(line, '$.payload.event_time', 'string'))) AS event_time,
  try_variant_get(line, '$.payload.account_id', 'string') AS account_id,
  try_variant_get(line, '$.payload.workspace_id', 'string') AS workspace_id,
  try_variant_get(line, '$.payload.sku_name', 'string') AS sku_name,
  try_variant_get(line, '$.payload.cloud', 'string') AS cloud,
  coalesce(try_variant_get(line, '$.payload.record_type', 'string'), 'ORIGINAL') AS record_type,
  try_variant_get(line, '$.payload.usage_unit', 'string') AS usage_unit,
  try_variant_get(line, '$.payload.usage_quantity', 'decimal(38,9)') AS usage_quantity,
  try_variant_get(line, '$.payload.usage_type', 'string') AS usage_type,
  try_variant_get(line, '$.payload.billing_origin_product', 'string') AS billing_origin_product,
  try_variant_get(line, '$.payload.identity_metadata.run_as', 'string') AS run_as,
  try_variant_get(line, '$.payload.usage_metadata', 'variant') AS usage_metadata,
  try_variant_get(line, '$.payload.custom_tags', 'map<string,string>') AS custom_tags,
  to_variant_object(map_filter(
    try_variant_get(line, '$.payload', 'map<string,variant>'),
    (k, v) -> k NOT IN ('event_id', 'event_time', 'account_id', 'workspace_id', 'sku_name', 'cloud', 'record_type',
      'usage_unit', 'usage_quantity', 'usage_type', 'billing_origin_product', 'identity_metadata', 'usage_metadata',
      'custom_tags'))) AS extra,
  line IS NULL AS malformed,
  raw, object, landed_at, ingested_at, replay
FROM STREAM(billing_usage_lines);

CREATE TEMPORARY VIEW billing_usage_checked AS
SELECT
  t.* EXCEPT (run_as, raw, usage_metadata, extra),
  CASE WHEN e.subject_sha256 IS NULL THEN t.run_as ELSE 'erased' END AS run_as,
  CASE WHEN e.subject_sha256 IS NULL THEN t.raw ELSE replace(t.raw, t.run_as, 'erased') END AS raw,
  CASE WHEN e.subject_sha256 IS NULL THEN t.usage_metadata
    ELSE try_parse_json(replace(to_json(t.usage_metadata), t.run_as, 'erased')) END AS usage_metadata,
  CASE WHEN e.subject_sha256 IS NULL THEN t.extra
    ELSE try_parse_json(replace(to_json(t.extra), t.run_as, 'erased')) END AS extra,
  filter(array(
    CASE WHEN malformed THEN 'malformed_json' END,
    CASE WHEN NOT malformed AND (record_id IS NULL OR received_at IS NULL) THEN 'no_envelope' END,
    CASE WHEN NOT malformed AND event_time IS NULL THEN 'bad_event_time' END,
    CASE WHEN event_time > received_at + INTERVAL 1 HOUR THEN 'event_time_in_future' END,
    CASE WHEN event_time < received_at - INTERVAL 30 DAYS THEN 'later_than_30_days' END,
    CASE WHEN NOT malformed AND account_id IS NULL THEN 'no_account_id' END,
    CASE WHEN NOT malformed AND workspace_id IS NULL THEN 'no_workspace_id' END,
    CASE WHEN NOT malformed AND sku_name IS NULL THEN 'no_sku_name' END,
    CASE WHEN NOT malformed AND usage_unit IS NULL THEN 'no_usage_unit' END,
    CASE WHEN NOT malformed AND usage_quantity IS NULL THEN 'bad_usage_quantity' END,
    CASE WHEN record_type NOT IN ('ORIGINAL', 'RETRACTION', 'RESTATEMENT') THEN 'bad_record_type' END,
    CASE WHEN usage_quantity < 0 AND record_type <> 'RETRACTION' THEN 'negative_usage' END,
    CASE WHEN usage_quantity > 0 AND record_type = 'RETRACTION' THEN 'positive_retraction' END
  ), reason -> reason IS NOT NULL) AS reasons
FROM STREAM(billing_usage_typed) AS t
LEFT JOIN erased_subjects AS e ON e.subject_sha256 = sha2(t.run_as, 256);

CREATE TEMPORARY VIEW billing_usage_valid AS
SELECT record_id, account_id, workspace_id, sku_name, cloud, record_type, event_time,
  date_trunc('HOUR', event_time) AS usage_hour, CAST(event_time AS DATE) AS usage_date, usage_unit, usage_quantity,
  usage_type, billing_origin_product, run_as, usage_metadata, custom_tags, extra, producer, batch_key, batch_index,
  received_at, object, landed_at, ingested_at,
  -- A replay outranks the live stream; within one, the earliest arrival wins.
  replay * 4000000000000000 - unix_micros(received_at) AS precedence
FROM STREAM(billing_usage_checked) WHERE size(reasons) = 0;

CREATE STREAMING TABLE silver_billing_usage
USING DELTA
CLUSTER BY (usage_date, account_id)
COMMENT 'Billing usage, one row per record'
TBLPROPERTIES (
  'delta.enableRowTracking' = 'true',
  'delta.enableChangeDataFeed' = 'true',
  'delta.dataSkippingStatsColumns' = 'record_id,account_id,workspace_id,sku_name,usage_hour,usage_date,received_at,object,ingested_at',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours',
  'pipelines.cdc.tombstoneGCThresholdInSeconds' = '3024000');

CREATE FLOW billing_usage_by_record AS AUTO CDC INTO silver_billing_usage
FROM STREAM(billing_usage_valid)
KEYS (record_id)
SEQUENCE BY precedence
COLUMNS * EXCEPT (precedence)
STORED AS SCD TYPE 1;
