-- Cluster metrics, after system.compute.node_timeline. The largest stream, read in averages and maxima only: appended,
-- exactly once per landed object, without a merge; a doubled sample moves no maximum and hardly an average.
CREATE TEMPORARY VIEW cluster_metrics_lines AS
SELECT try_parse_json(raw) AS line, raw, object, landed_at, ingested_at, 0L AS replay
FROM STREAM(bronze_cluster_metrics) WITH (SKIPCHANGECOMMITS = TRUE)
UNION ALL
SELECT try_parse_json(raw), raw, object, landed_at, ingested_at, replay
FROM STREAM(replay_lines) WITH (SKIPCHANGECOMMITS = TRUE) WHERE stream = 'cluster_metrics';

CREATE TEMPORARY VIEW cluster_metrics_typed AS
SELECT
  try_variant_get(line, '$.event_key', 'string') AS event_id,
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
  try_variant_get(line, '$.payload.cluster_id', 'string') AS cluster_id,
  try_variant_get(line, '$.payload.instance_id', 'string') AS instance_id,
  try_variant_get(line, '$.payload.node_type', 'string') AS node_type,
  try_variant_get(line, '$.payload.driver', 'boolean') AS driver,
  try_to_timestamp(try_variant_get(line, '$.payload.start_time', 'string')) AS start_time,
  try_to_timestamp(try_variant_get(line, '$.payload.end_time', 'string')) AS end_time,
  try_variant_get(line, '$.payload.cpu_user_percent', 'double') AS cpu_user_percent,
  try_variant_get(line, '$.payload.cpu_system_percent', 'double') AS cpu_system_percent,
  try_variant_get(line, '$.payload.cpu_wait_percent', 'double') AS cpu_wait_percent,
  try_variant_get(line, '$.payload.mem_used_percent', 'double') AS mem_used_percent,
  try_variant_get(line, '$.payload.mem_swap_percent', 'double') AS mem_swap_percent,
  try_variant_get(line, '$.payload.network_sent_bytes', 'bigint') AS network_sent_bytes,
  try_variant_get(line, '$.payload.network_received_bytes', 'bigint') AS network_received_bytes,
  try_variant_get(line, '$.payload.owned_by', 'string') AS owned_by,
  try_variant_get(line, '$.payload.disk_free_bytes_per_mount_point', 'map<string,bigint>') AS disk_free_bytes_per_mount_point,
  to_variant_object(map_filter(
    try_variant_get(line, '$.payload', 'map<string,variant>'),
    (k, v) -> k NOT IN (
      'event_id', 'event_time', 'account_id', 'workspace_id', 'cluster_id', 'instance_id', 'node_type', 'driver',
      'start_time', 'end_time', 'cpu_user_percent', 'cpu_system_percent', 'cpu_wait_percent', 'mem_used_percent',
      'mem_swap_percent', 'network_sent_bytes', 'network_received_bytes', 'owned_by',
      'disk_free_bytes_per_mount_point'))) AS extra,
  line IS NULL AS malformed,
  raw, object, landed_at, ingested_at, replay
FROM STREAM(cluster_metrics_lines);

CREATE TEMPORARY VIEW cluster_metrics_checked AS
SELECT
  t.* EXCEPT (owned_by, raw, extra),
  CASE WHEN e.subject_sha256 IS NULL THEN t.owned_by ELSE 'erased' END AS owned_by,
  CASE WHEN e.subject_sha256 IS NULL THEN t.raw ELSE replace(t.raw, t.owned_by, 'erased') END AS raw,
  CASE WHEN e.subject_sha256 IS NULL THEN t.extra
    ELSE try_parse_json(replace(to_json(t.extra), t.owned_by, 'erased')) END AS extra,
  filter(array(
    CASE WHEN malformed THEN 'malformed_json' END,
    CASE WHEN NOT malformed AND (event_id IS NULL OR received_at IS NULL) THEN 'no_envelope' END,
    CASE WHEN NOT malformed AND event_time IS NULL THEN 'bad_event_time' END,
    CASE WHEN event_time > received_at + INTERVAL 1 HOUR THEN 'event_time_in_future' END,
    CASE WHEN event_time < received_at - INTERVAL 30 DAYS THEN 'later_than_30_days' END,
    CASE WHEN NOT malformed AND cluster_id IS NULL THEN 'no_cluster_id' END,
    CASE WHEN NOT malformed AND instance_id IS NULL THEN 'no_instance_id' END,
    CASE WHEN cpu_user_percent NOT BETWEEN 0 AND 100 OR cpu_system_percent NOT BETWEEN 0 AND 100
      OR cpu_wait_percent NOT BETWEEN 0 AND 100 OR mem_used_percent NOT BETWEEN 0 AND 100
      OR mem_swap_percent NOT BETWEEN 0 AND 100 THEN 'percent_out_of_range' END,
    CASE WHEN network_sent_bytes < 0 OR network_received_bytes < 0 THEN 'negative_bytes' END
  ), reason -> reason IS NOT NULL) AS reasons
FROM STREAM(cluster_metrics_typed) AS t
LEFT JOIN erased_subjects AS e ON e.subject_sha256 = sha2(t.owned_by, 256);

CREATE STREAMING TABLE silver_cluster_metrics
USING DELTA
CLUSTER BY (event_date, cluster_id)
COMMENT 'Node metrics, exactly once per landed object'
TBLPROPERTIES (
  'delta.enableRowTracking' = 'true',
  'delta.dataSkippingStatsColumns' = 'event_id,event_time,event_date,workspace_id,cluster_id,instance_id,received_at,object,ingested_at',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours')
AS SELECT event_id, event_time, CAST(event_time AS DATE) AS event_date, account_id, workspace_id, cluster_id, instance_id,
  node_type, driver, start_time, end_time, cpu_user_percent, cpu_system_percent, cpu_wait_percent, mem_used_percent,
  mem_swap_percent, network_sent_bytes, network_received_bytes, owned_by, disk_free_bytes_per_mount_point, extra,
  producer, batch_key, batch_index, received_at, object, landed_at, ingested_at
FROM STREAM(cluster_metrics_checked) WHERE size(reasons) = 0;
