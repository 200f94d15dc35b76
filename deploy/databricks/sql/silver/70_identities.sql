-- Personal fields that producers replaced by tokens, and the requests to forget them. Only this table says who a token is;
-- deleting its rows anonymises every other table at once. A subject that was erased never comes back in: not from a
-- replay, not from an event that arrives later.
CREATE TEMPORARY VIEW identities_live AS
SELECT i.token, i.value, i.pointer, i.stream, i.received_at, i.object, i.ingested_at
FROM (
  SELECT try_variant_get(line, '$.payload.token', 'string') AS token,
    try_variant_get(line, '$.payload.value', 'string') AS value,
    try_variant_get(line, '$.payload.pointer', 'string') AS pointer,
    try_variant_get(line, '$.payload.stream', 'string') AS stream,
    try_to_timestamp(try_variant_get(line, '$.received_at', 'string')) AS received_at,
    object, ingested_at
  FROM (SELECT try_parse_json(raw) AS line, object, ingested_at FROM STREAM(bronze_identities) WITH (SKIPCHANGECOMMITS = TRUE))) AS i
LEFT ANTI JOIN erased_subjects AS e ON e.subject_sha256 = sha2(i.token, 256)
WHERE i.token IS NOT NULL;

CREATE STREAMING TABLE silver_identities
USING DELTA
COMMENT 'Who a token is'
TBLPROPERTIES (
  'delta.enableRowTracking' = 'true',
  'delta.dataSkippingStatsColumns' = 'token,received_at,object,ingested_at',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours',
  'pipelines.cdc.tombstoneGCThresholdInSeconds' = '3024000');

CREATE FLOW identities_by_token AS AUTO CDC INTO silver_identities
FROM STREAM(identities_live)
KEYS (token)
SEQUENCE BY received_at
STORED AS SCD TYPE 1;

-- A request names a token, or the SHA-256 of a value that was never replaced by one; never the value.
CREATE STREAMING TABLE silver_deletion_requests
USING DELTA
COMMENT 'Requests to forget a subject'
AS SELECT
  try_variant_get(line, '$.payload.request_id', 'string') AS request_id,
  coalesce(try_variant_get(line, '$.payload.subject_sha256', 'string'),
    sha2(try_variant_get(line, '$.payload.token', 'string'), 256)) AS subject_sha256,
  try_variant_get(line, '$.payload.requested_by', 'string') AS requested_by,
  try_variant_get(line, '$.payload.reason', 'string') AS reason,
  try_to_timestamp(try_variant_get(line, '$.received_at', 'string')) AS requested_at,
  object, ingested_at
FROM (SELECT try_parse_json(raw) AS line, object, ingested_at FROM STREAM(bronze_deletions) WITH (SKIPCHANGECOMMITS = TRUE))
WHERE try_variant_get(line, '$.payload.request_id', 'string') IS NOT NULL;
