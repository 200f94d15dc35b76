-- Tables that jobs write and people rule by. Safe to run again; run by the job `setup` before the pipelines first start.
USE IDENTIFIER(:schema);

-- Gateways that must speak before an hour can close. Those that the ledger names are known anyway: register one before its
-- first start.
CREATE TABLE IF NOT EXISTS lake_gateways (
  gateway STRING NOT NULL COMMENT 'its name in the settings',
  registered_at TIMESTAMP NOT NULL,
  registered_by STRING NOT NULL,
  reason STRING
) USING DELTA COMMENT 'Gateways that are expected';

-- Lives that will never say all: their disks are gone, and what they acknowledged and had not landed is lost.
CREATE TABLE IF NOT EXISTS lake_written_off (
  gateway STRING NOT NULL,
  incarnation STRING NOT NULL,
  written_off_at TIMESTAMP NOT NULL,
  written_off_by STRING NOT NULL,
  reason STRING
) USING DELTA COMMENT 'Lives of gateways that hold nothing back any more, by decision';

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
  contiguous BIGINT NOT NULL COMMENT 'every sequence below is in Bronze, or named as lost',
  seen BIGINT NOT NULL COMMENT 'the end of the last object',
  beyond_from TIMESTAMP COMMENT 'when the oldest object came that waits behind a gap; NULL: none does'
) USING DELTA COMMENT 'Proved progress per gateway, incarnation and stream';

CREATE TABLE IF NOT EXISTS life_completeness (
  gateway STRING NOT NULL,
  incarnation STRING NOT NULL,
  stream STRING NOT NULL,
  last_word TIMESTAMP COMMENT 'of its own facts, the latest',
  complete_through TIMESTAMP COMMENT 'everything that it acknowledged up to then is in Bronze; NULL: nothing is proved',
  state STRING NOT NULL COMMENT 'done, written_off, or what it lacks: missing (sequences), missing_object, ledger, silent (a later word)',
  contiguous BIGINT NOT NULL,
  expected BIGINT NOT NULL COMMENT 'sequences below exist, as some fact or object says',
  missing_object STRING COMMENT 'the first batch of a strong stream that Bronze lacks'
) USING DELTA COMMENT 'Lives that are not finished, as of the last run';

CREATE TABLE IF NOT EXISTS finished_lives (
  gateway STRING NOT NULL,
  incarnation STRING NOT NULL,
  last_word TIMESTAMP,
  finished_at TIMESTAMP NOT NULL
) USING DELTA COMMENT 'Lives that have ended and are all in Bronze';

CREATE TABLE IF NOT EXISTS completeness (
  stream STRING NOT NULL,
  gateway STRING NOT NULL,
  state STRING NOT NULL COMMENT 'running; ended: all is there, it holds nothing back; expected: registered, not heard of yet',
  complete_through TIMESTAMP COMMENT 'everything acknowledged up to then is in Bronze; NULL: not known for any time',
  held_back_by STRING COMMENT 'the incarnation that is furthest behind',
  reason STRING COMMENT 'what that one lacks, see life_completeness',
  computed_at TIMESTAMP NOT NULL
) USING DELTA COMMENT 'Complete-through per stream and gateway, as of the last run';

-- A stream is complete through the earliest time of the gateways that have not ended; when all have, through the last word.
CREATE OR REPLACE VIEW stream_completeness AS
SELECT stream,
  CASE WHEN count_if(state <> 'ended') = 0 THEN max(complete_through)
    WHEN count_if(state <> 'ended' AND complete_through IS NULL) = 0 THEN min(complete_through) FILTER (WHERE state <> 'ended')
  END AS complete_through,
  max(complete_through) AS furthest,
  min_by(gateway, coalesce(complete_through, TIMESTAMP '1970-01-01 00:00:00')) FILTER (WHERE state <> 'ended') AS slowest_gateway,
  count(*) AS gateways, max(computed_at) AS computed_at
FROM completeness GROUP BY stream;

CREATE TABLE IF NOT EXISTS completeness_history (
  stream STRING NOT NULL,
  complete_through TIMESTAMP,
  gateways BIGINT NOT NULL,
  computed_at TIMESTAMP NOT NULL
) USING DELTA CLUSTER BY (computed_at) COMMENT 'Complete-through per stream over time';

CREATE TABLE IF NOT EXISTS silver_progress (
  stream STRING NOT NULL,
  newest TIMESTAMP COMMENT 'when the newest event that Silver has arrived at its gateway',
  read_to TIMESTAMP NOT NULL COMMENT 'when the newest Bronze row that Silver has was ingested'
) USING DELTA COMMENT 'How far Silver has read Bronze, per stream';

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
  detail STRING,
  days INT NOT NULL COMMENT 'how far back it looked: each job that runs the checks has its own'
) USING DELTA CLUSTER BY (run_at) COMMENT 'Results of the checks, newest and past';

CREATE TABLE IF NOT EXISTS schema_observed (
  stream STRING NOT NULL,
  hour TIMESTAMP NOT NULL COMMENT 'of arrival at the gateway',
  field STRING NOT NULL,
  type STRING NOT NULL,
  events BIGINT NOT NULL COMMENT 'events in which the field had this type',
  of_events BIGINT NOT NULL COMMENT 'events looked at'
) USING DELTA CLUSTER BY (stream, hour) COMMENT 'Top-level fields and their types, per stream and hour';
