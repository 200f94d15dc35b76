-- Audit logs, after system.access.audit. Events are evidence, so they are deduplicated by event key. Keys come with the
-- event's date, which prunes the merge to the files of that date; the same event sent twice has the same time.
CREATE TEMPORARY VIEW audit_logs_lines AS
SELECT try_parse_json(raw) AS line, raw, object, landed_at, ingested_at, 0L AS replay
FROM STREAM(bronze_audit_logs) WITH (SKIPCHANGECOMMITS = TRUE)
UNION ALL
SELECT try_parse_json(raw), raw, object, landed_at, ingested_at, replay
FROM STREAM(replay_lines) WITH (SKIPCHANGECOMMITS = TRUE) WHERE stream = 'audit_logs';

CREATE TEMPORARY VIEW audit_logs_typed AS
SELECT
  try_variant_get(line, '$.event_key', 'string') AS event_id,
  try_variant_get(line, '$.producer', 'string') AS producer,
  try_variant_get(line, '$.batch_key', 'string') AS batch_key,
  try_variant_get(line, '$.batch_index', 'bigint') AS batch_index,
  try_to_timestamp(try_variant_get(line, '$.received_at', 'string')) AS received_at,
  -- As the gateways take it: a number is of seconds since 1970, or of milliseconds from 10^11 on.
  coalesce(
    timestamp_micros(try_cast(try_variant_get(line, '$.payload.eventTime', 'double')
      * CASE WHEN try_variant_get(line, '$.payload.eventTime', 'double') >= 1e11 THEN 1000 ELSE 1000000 END AS BIGINT)),
    try_to_timestamp(try_variant_get(line, '$.payload.eventTime', 'string'))) AS event_time,
  try_variant_get(line, '$.payload.eventVersion', 'string') AS event_version,
  try_variant_get(line, '$.payload.recipientAccountId', 'string') AS account_id,
  try_variant_get(line, '$.payload.awsRegion', 'string') AS region,
  try_variant_get(line, '$.payload.eventSource', 'string') AS service_name,
  try_variant_get(line, '$.payload.eventName', 'string') AS action_name,
  try_variant_get(line, '$.payload.eventType', 'string') AS event_type,
  try_variant_get(line, '$.payload.sourceIPAddress', 'string') AS source_ip_address,
  try_variant_get(line, '$.payload.userAgent', 'string') AS user_agent,
  coalesce(try_variant_get(line, '$.payload.userIdentity.email', 'string'), try_variant_get(line, '$.payload.userIdentity.userName', 'string'),
    try_variant_get(line, '$.payload.userIdentity.principalId', 'string')) AS user_identity,
  try_variant_get(line, '$.payload.userIdentity.type', 'string') AS identity_type,
  try_variant_get(line, '$.payload.requestID', 'string') AS request_id,
  try_variant_get(line, '$.payload.errorCode', 'string') AS error_code,
  try_variant_get(line, '$.payload.errorMessage', 'string') AS error_message,
  try_variant_get(line, '$.payload.readOnly', 'boolean') AS read_only,
  try_variant_get(line, '$.payload.requestParameters', 'variant') AS request_params,
  try_variant_get(line, '$.payload.responseElements', 'variant') AS response,
  to_variant_object(map_filter(
    try_variant_get(line, '$.payload', 'map<string,variant>'),
    (k, v) -> k NOT IN (
      'eventID', 'eventTime', 'eventVersion', 'recipientAccountId', 'awsRegion', 'eventSource', 'eventName',
      'eventType', 'sourceIPAddress', 'userAgent', 'userIdentity', 'requestID', 'errorCode', 'errorMessage',
      'readOnly', 'requestParameters', 'responseElements'))) AS extra,
  line IS NULL AS malformed,
  raw, object, landed_at, ingested_at, replay
FROM STREAM(audit_logs_lines);

CREATE TEMPORARY VIEW audit_logs_checked AS
SELECT
  t.* EXCEPT (user_identity, raw, request_params, response, extra),
  CASE WHEN e.subject_sha256 IS NULL THEN t.user_identity ELSE 'erased' END AS user_identity,
  CASE WHEN e.subject_sha256 IS NULL THEN t.raw ELSE replace(t.raw, t.user_identity, 'erased') END AS raw,
  CASE WHEN e.subject_sha256 IS NULL THEN t.request_params
    ELSE try_parse_json(replace(to_json(t.request_params), t.user_identity, 'erased')) END AS request_params,
  CASE WHEN e.subject_sha256 IS NULL THEN t.response
    ELSE try_parse_json(replace(to_json(t.response), t.user_identity, 'erased')) END AS response,
  CASE WHEN e.subject_sha256 IS NULL THEN t.extra
    ELSE try_parse_json(replace(to_json(t.extra), t.user_identity, 'erased')) END AS extra,
  filter(array(
    CASE WHEN malformed THEN 'malformed_json' END,
    CASE WHEN NOT malformed AND (event_id IS NULL OR received_at IS NULL) THEN 'no_envelope' END,
    CASE WHEN NOT malformed AND event_time IS NULL THEN 'bad_event_time' END,
    CASE WHEN event_time > received_at + INTERVAL 1 HOUR THEN 'event_time_in_future' END,
    CASE WHEN event_time < received_at - INTERVAL 30 DAYS THEN 'later_than_30_days' END,
    CASE WHEN NOT malformed AND action_name IS NULL THEN 'no_action_name' END
  ), reason -> reason IS NOT NULL) AS reasons
FROM STREAM(audit_logs_typed) AS t
LEFT JOIN erased_subjects AS e ON e.subject_sha256 = sha2(t.user_identity, 256);

CREATE TEMPORARY VIEW audit_logs_valid AS
SELECT event_id, event_time, CAST(event_time AS DATE) AS event_date, event_version, account_id, region, service_name,
  action_name, event_type, source_ip_address, user_agent, user_identity, identity_type, request_id, error_code,
  error_message, read_only, request_params, response, extra, producer, batch_key, batch_index, received_at, object,
  landed_at, ingested_at,
  replay * 4000000000000000 - unix_micros(received_at) AS precedence
FROM STREAM(audit_logs_checked) WHERE size(reasons) = 0;

CREATE STREAMING TABLE silver_audit_logs
USING DELTA
CLUSTER BY (event_date, service_name)
COMMENT 'Audit events, one row per event'
TBLPROPERTIES (
  'delta.enableRowTracking' = 'true',
  'delta.dataSkippingStatsColumns' = 'event_id,event_time,event_date,service_name,action_name,account_id,received_at,object,ingested_at',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours',
  'pipelines.cdc.tombstoneGCThresholdInSeconds' = '3024000');

CREATE FLOW audit_logs_by_event AS AUTO CDC INTO silver_audit_logs
FROM STREAM(audit_logs_valid)
KEYS (event_date, event_id)
SEQUENCE BY precedence
COLUMNS * EXCEPT (precedence)
STORED AS SCD TYPE 1;
