-- Job run events, after system.lakeflow.job_run_timeline. Large and read in aggregates: appended, exactly once per landed
-- object (Auto Loader's guarantee), without a merge, which at this volume would cost more than all other parsing. The same
-- event sent to two gateways stays two rows; views that count take events once.
CREATE TEMPORARY VIEW job_events_lines AS
SELECT try_parse_json(raw) AS line, raw, object, landed_at, ingested_at, 0L AS replay
FROM STREAM(bronze_job_events) WITH (SKIPCHANGECOMMITS = TRUE)
UNION ALL
SELECT try_parse_json(raw), raw, object, landed_at, ingested_at, replay
FROM STREAM(replay_lines) WITH (SKIPCHANGECOMMITS = TRUE) WHERE stream = 'job_events';

CREATE TEMPORARY VIEW job_events_typed AS
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
  try_variant_get(line, '$.payload.job_id', 'string') AS job_id,
  try_variant_get(line, '$.payload.run_id', 'string') AS run_id,
  try_variant_get(line, '$.payload.task_key', 'string') AS task_key,
  try_variant_get(line, '$.payload.run_type', 'string') AS run_type,
  try_variant_get(line, '$.payload.trigger_type', 'string') AS trigger_type,
  try_to_timestamp(try_variant_get(line, '$.payload.period_start_time', 'string')) AS period_start_time,
  try_to_timestamp(try_variant_get(line, '$.payload.period_end_time', 'string')) AS period_end_time,
  try_variant_get(line, '$.payload.result_state', 'string') AS result_state,
  try_variant_get(line, '$.payload.termination_code', 'string') AS termination_code,
  try_variant_get(line, '$.payload.compute_ids', 'array<string>') AS compute_ids,
  try_variant_get(line, '$.payload.run_as', 'string') AS run_as,
  try_variant_get(line, '$.payload.job_parameters', 'variant') AS job_parameters,
  to_variant_object(map_filter(
    try_variant_get(line, '$.payload', 'map<string,variant>'),
    (k, v) -> k NOT IN (
      'event_id', 'event_time', 'account_id', 'workspace_id', 'job_id', 'run_id', 'task_key', 'run_type',
      'trigger_type', 'period_start_time', 'period_end_time', 'result_state', 'termination_code', 'compute_ids',
      'run_as', 'job_parameters'))) AS extra,
  line IS NULL AS malformed,
  raw, object, landed_at, ingested_at, replay
FROM STREAM(job_events_lines);

CREATE TEMPORARY VIEW job_events_checked AS
SELECT
  t.* EXCEPT (run_as, raw, job_parameters, extra),
  CASE WHEN e.subject_sha256 IS NULL THEN t.run_as ELSE 'erased' END AS run_as,
  CASE WHEN e.subject_sha256 IS NULL THEN t.raw ELSE replace(t.raw, t.run_as, 'erased') END AS raw,
  CASE WHEN e.subject_sha256 IS NULL THEN t.job_parameters
    ELSE try_parse_json(replace(to_json(t.job_parameters), t.run_as, 'erased')) END AS job_parameters,
  CASE WHEN e.subject_sha256 IS NULL THEN t.extra
    ELSE try_parse_json(replace(to_json(t.extra), t.run_as, 'erased')) END AS extra,
  filter(array(
    CASE WHEN malformed THEN 'malformed_json' END,
    CASE WHEN NOT malformed AND (event_id IS NULL OR received_at IS NULL) THEN 'no_envelope' END,
    CASE WHEN NOT malformed AND event_time IS NULL THEN 'bad_event_time' END,
    CASE WHEN event_time > received_at + INTERVAL 1 HOUR THEN 'event_time_in_future' END,
    CASE WHEN event_time < received_at - INTERVAL 30 DAYS THEN 'later_than_30_days' END,
    CASE WHEN NOT malformed AND job_id IS NULL THEN 'no_job_id' END,
    CASE WHEN NOT malformed AND run_id IS NULL THEN 'no_run_id' END,
    CASE WHEN period_end_time < period_start_time THEN 'ends_before_it_starts' END,
    CASE WHEN result_state NOT IN ('SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED', 'TIMED_OUT', 'ERROR', 'BLOCKED') THEN 'bad_result_state' END
  ), reason -> reason IS NOT NULL) AS reasons
FROM STREAM(job_events_typed) AS t
LEFT JOIN erased_subjects AS e ON e.subject_sha256 = sha2(t.run_as, 256);

CREATE STREAMING TABLE silver_job_events
USING DELTA
CLUSTER BY (event_date, workspace_id)
COMMENT 'Job run events, exactly once per landed object'
TBLPROPERTIES (
  'delta.enableRowTracking' = 'true',
  'delta.dataSkippingStatsColumns' = 'event_id,event_time,event_date,workspace_id,job_id,run_id,received_at,object,ingested_at',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours')
AS SELECT event_id, event_time, CAST(event_time AS DATE) AS event_date, account_id, workspace_id, job_id, run_id, task_key,
  run_type, trigger_type, period_start_time, period_end_time, result_state, termination_code, compute_ids, run_as,
  job_parameters, extra, producer, batch_key, batch_index, received_at, object, landed_at, ingested_at
FROM STREAM(job_events_checked) WHERE size(reasons) = 0;
