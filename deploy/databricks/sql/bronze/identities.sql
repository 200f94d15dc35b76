-- One row per landed line, byte for byte. Nothing is parsed here, so nothing in a line can stop the stream.
CREATE STREAMING TABLE bronze_identities
USING DELTA
CLUSTER BY (ingest_date, object)
COMMENT 'Token to value of personal fields'
TBLPROPERTIES (
  'pipelines.reset.allowed' = 'false',
  'delta.enableRowTracking' = 'true',
  'delta.enableDeletionVectors' = 'true',
  'delta.dataSkippingStatsColumns' = 'object,landed_at,ingested_at,ingest_date',
  'delta.deletedFileRetentionDuration' = 'interval 72 hours')
AS SELECT
  value AS raw,
  regexp_extract(_metadata.file_path, '([^/]+/(?:date=[^/]+/hour=[^/]+|keyed/[^/]+)/[^/]+)$', 1) AS object,
  _metadata.file_size AS object_bytes,
  _metadata.file_modification_time AS landed_at,
  current_timestamp() AS ingested_at,
  current_date() AS ingest_date
FROM STREAM read_files(
  '${landing_root}/identities',
  format => 'text',
  schema => 'value STRING',
  fileNamePattern => '*.json.gz',
  includeExistingFiles => true,
  useManagedFileEvents => true);
