-- The gateways' facts, typed. A fact that was written again after a crash has the same fact_id; every reader of this table
-- takes maxima or distinct facts, so repeats do no harm and no merge is paid for.
CREATE STREAMING TABLE silver_ledger
USING DELTA
CLUSTER BY (fact, gateway, ledger_incarnation)
COMMENT 'Facts of the gateways'
TBLPROPERTIES ('pipelines.reset.allowed' = 'true')
AS SELECT
  variant_get(line, '$.payload.fact', 'string') AS fact,
  try_variant_get(line, '$.payload.fact_id', 'string') AS fact_id,
  try_variant_get(line, '$.payload.gateway', 'string') AS gateway,
  try_variant_get(line, '$.payload.incarnation', 'string') AS incarnation,
  try_variant_get(line, '$.payload.stream', 'string') AS stream,
  to_timestamp(try_variant_get(line, '$.payload.at', 'string')) AS at,
  try_variant_get(line, '$.payload.next_sequence', 'bigint') AS next_sequence,
  try_variant_get(line, '$.payload.first', 'bigint') AS first,
  try_variant_get(line, '$.payload.end', 'bigint') AS end,
  try_variant_get(line, '$.payload.events', 'bigint') AS events,
  try_variant_get(line, '$.payload.bytes', 'bigint') AS bytes,
  try_variant_get(line, '$.payload.object', 'string') AS landed_object,
  try_variant_get(line, '$.payload.sha256', 'string') AS sha256,
  try_variant_get(line, '$.payload.batch_key', 'string') AS batch_key,
  try_variant_get(line, '$.payload.producer', 'string') AS producer,
  try_variant_get(line, '$.payload.how', 'string') AS how,
  try_variant_get(line, '$.payload.reason', 'string') AS reason,
  -- Batches of one life's ledger, in their order; a batch of a strong stream and the positions behind it are never in one.
  CAST(nullif(regexp_extract(try_variant_get(line, '$.batch_key', 'string'), '^ledger/[0-9a-f]{16}/(\\d+)$', 1), '') AS BIGINT) AS ledger_batch,
  object,
  regexp_extract(object, '([^/_]+)_([0-9a-f]{16})_(\\d+)-(\\d+)\\.json\\.gz$', 2) AS ledger_incarnation,
  CAST(regexp_extract(object, '_(\\d+)-(\\d+)\\.json\\.gz$', 1) AS BIGINT) AS ledger_first,
  CAST(regexp_extract(object, '_(\\d+)-(\\d+)\\.json\\.gz$', 2) AS BIGINT) + 1 AS ledger_end,
  ingested_at
FROM (SELECT try_parse_json(raw) AS line, object, ingested_at FROM STREAM(bronze_ledger) WITH (SKIPCHANGECOMMITS = TRUE))
WHERE try_variant_get(line, '$.payload.fact', 'string') IS NOT NULL;
