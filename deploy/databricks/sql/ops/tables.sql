-- Tables that jobs write and people rule by. Safe to run again; run by the job `setup` before the pipelines first start.
USE IDENTIFIER(:schema);

-- Which gateways must speak before an hour can close. Those that the ledger names are known anyway: register one before
-- its first start, and retire one that will never come back.
CREATE TABLE IF NOT EXISTS lake_gateways (
  gateway STRING NOT NULL COMMENT 'its name in the settings',
  state STRING NOT NULL COMMENT 'active or retired',
  changed_at TIMESTAMP NOT NULL,
  changed_by STRING NOT NULL,
  reason STRING
) USING DELTA COMMENT 'Gateways that are expected, and those that are gone for good';

-- Every object in Bronze with the rows that it brought. Outlives Bronze's rows.
CREATE TABLE IF NOT EXISTS bronze_objects (
  object STRING NOT NULL COMMENT 'name below the landing root',
  stream STRING NOT NULL,
  gateway STRING COMMENT 'NULL for an object of a strong stream',
  incarnation STRING,
  first BIGINT COMMENT 'first sequence',
  end BIGINT COMMENT 'after the last sequence',
  rows BIGINT NOT NULL COMMENT 'lines in Bronze',
  landed_at TIMESTAMP NOT NULL,
  ingested_at TIMESTAMP NOT NULL
) USING DELTA CLUSTER BY (stream, ingested_at) COMMENT 'Objects in Bronze';

-- How far one life of a gateway is whole in Bronze. Only ever grows.
CREATE TABLE IF NOT EXISTS life_progress (
  gateway STRING NOT NULL,
  incarnation STRING NOT NULL,
  stream STRING NOT NULL,
  counted_in STRING NOT NULL COMMENT 'own: the stream''s sequences. ledger: the ledger''s, for batches of a strong stream',
  contiguous BIGINT NOT NULL COMMENT 'every sequence below is in Bronze'
) USING DELTA COMMENT 'Proved progress per gateway, incarnation and stream';

CREATE TABLE IF NOT EXISTS completeness (
  stream STRING NOT NULL,
  gateway STRING NOT NULL,
  complete_through TIMESTAMP COMMENT 'everything acknowledged up to then is in Bronze; NULL: not known for any time',
  held_back_by STRING COMMENT 'the incarnation that is not whole yet',
  computed_at TIMESTAMP NOT NULL
) USING DELTA COMMENT 'Complete-through per stream and gateway, as of the last run';

CREATE TABLE IF NOT EXISTS completeness_history (
  stream STRING NOT NULL,
  complete_through TIMESTAMP,
  gateways BIGINT NOT NULL,
  computed_at TIMESTAMP NOT NULL
) USING DELTA CLUSTER BY (computed_at) COMMENT 'Complete-through per stream over time';

-- Billing: written once per hour, then never changed.
CREATE TABLE IF NOT EXISTS billing_closed_hours (
  usage_hour TIMESTAMP NOT NULL,
  closed_at TIMESTAMP NOT NULL,
  complete_through TIMESTAMP NOT NULL COMMENT 'of billing_usage, when the hour was closed',
  records BIGINT NOT NULL,
  usage_quantity DECIMAL(38, 9) NOT NULL
) USING DELTA CLUSTER BY (usage_hour) COMMENT 'Hours that are closed';

CREATE TABLE IF NOT EXISTS billing_hourly (
  usage_hour TIMESTAMP NOT NULL,
  account_id STRING NOT NULL,
  workspace_id STRING NOT NULL,
  sku_name STRING NOT NULL,
  usage_unit STRING NOT NULL,
  records BIGINT NOT NULL,
  usage_quantity DECIMAL(38, 9) NOT NULL,
  closed_at TIMESTAMP NOT NULL
) USING DELTA CLUSTER BY (usage_hour, account_id) COMMENT 'Usage of closed hours. A row never changes';

CREATE TABLE IF NOT EXISTS billing_adjustments (
  usage_hour TIMESTAMP NOT NULL,
  account_id STRING NOT NULL,
  workspace_id STRING NOT NULL,
  sku_name STRING NOT NULL,
  usage_unit STRING NOT NULL,
  records BIGINT NOT NULL COMMENT 'records that came, less those that went, since the hour closed or was last adjusted',
  usage_quantity DECIMAL(38, 9) NOT NULL,
  adjusted_at TIMESTAMP NOT NULL
) USING DELTA CLUSTER BY (usage_hour, account_id) COMMENT 'What came for hours that were closed. A row never changes';

-- Replay: lines that go through Silver once more, and how far each replay is.
CREATE TABLE IF NOT EXISTS replay_lines (
  replay BIGINT NOT NULL COMMENT 'number of the replay, from 1; a higher one outranks a lower one and the live stream',
  stream STRING NOT NULL,
  raw STRING,
  object STRING,
  landed_at TIMESTAMP,
  ingested_at TIMESTAMP
) USING DELTA COMMENT 'Lines to go through Silver again'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'replay,stream,object,landed_at,ingested_at',
               'delta.deletedFileRetentionDuration' = 'interval 72 hours');

CREATE TABLE IF NOT EXISTS replay_progress (
  replay BIGINT NOT NULL,
  stream STRING NOT NULL,
  landed_hour TIMESTAMP NOT NULL,
  origin STRING NOT NULL COMMENT 'bronze or landing',
  objects BIGINT NOT NULL,
  lines BIGINT NOT NULL,
  done_at TIMESTAMP NOT NULL
) USING DELTA COMMENT 'Hours that a replay has done';

-- Deletion.
CREATE TABLE IF NOT EXISTS erased_subjects (
  subject_sha256 STRING NOT NULL COMMENT 'SHA-256 in hex of the value or of its token; one row each',
  request_id STRING NOT NULL,
  requested_at TIMESTAMP NOT NULL,
  erased_at TIMESTAMP COMMENT 'NULL until the rows are rewritten'
) USING DELTA COMMENT 'Subjects whose personal fields must not appear again';

CREATE TABLE IF NOT EXISTS erasure_evidence (
  request_id STRING NOT NULL,
  step STRING NOT NULL COMMENT 'accepted, rewritten, purged, vacuumed or verified',
  table_name STRING NOT NULL,
  rows_affected BIGINT,
  at TIMESTAMP NOT NULL
) USING DELTA COMMENT 'What was done for each deletion request, for auditors';

-- Checks and drift.
CREATE TABLE IF NOT EXISTS check_results (
  run_at TIMESTAMP NOT NULL,
  check_name STRING NOT NULL,
  scope STRING NOT NULL COMMENT 'what was checked: a stream, a table, a gateway',
  failures BIGINT NOT NULL,
  detail STRING
) USING DELTA CLUSTER BY (run_at) COMMENT 'Results of the checks, newest and past';

CREATE TABLE IF NOT EXISTS schema_observed (
  stream STRING NOT NULL,
  hour TIMESTAMP NOT NULL COMMENT 'of arrival at the gateway',
  field STRING NOT NULL,
  type STRING NOT NULL,
  events BIGINT NOT NULL COMMENT 'events in which the field had this type',
  of_events BIGINT NOT NULL COMMENT 'events looked at'
) USING DELTA CLUSTER BY (stream, hour) COMMENT 'Top-level fields and their types, per stream and hour';
