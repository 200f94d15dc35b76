-- Sends the lines of one stream that landed in [:from_time, :to_time) through Silver once more, from Bronze: after a fault
-- in Silver was repaired. :replay is the replay's number; take the next free one (select max(replay) from replay_progress).
-- Safe to repeat and to resume: hours that are done are left out. Progress is in replay_progress.
--
-- Deduplicated streams take the replayed line as a new version of the same event. Appended streams take only objects that
-- Silver has read and has no line of: to repair those, delete their objects' rows from Silver first (docs/lake.md). The job
-- refreshes Silver before and after, so that no line of an earlier replay is still on its way when this looks.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE replay_number BIGINT;
SET VARIABLE replay_number = CAST(:replay AS BIGINT);
DECLARE OR REPLACE VARIABLE replay_stream STRING;
SET VARIABLE replay_stream = :stream;
DECLARE OR REPLACE VARIABLE replay_from TIMESTAMP;
SET VARIABLE replay_from = CAST(:from_time AS TIMESTAMP);
DECLARE OR REPLACE VARIABLE replay_to TIMESTAMP;
SET VARIABLE replay_to = CAST(:to_time AS TIMESTAMP);
-- How far Silver has read Bronze: what came later is on its way by itself.
DECLARE OR REPLACE VARIABLE read_to TIMESTAMP;
SET VARIABLE read_to = CASE session.replay_stream
  WHEN 'job_events' THEN (SELECT max(ingested_at) FROM silver_job_events)
  WHEN 'cluster_metrics' THEN (SELECT max(ingested_at) FROM silver_cluster_metrics)
  ELSE current_timestamp() END;

BEGIN
  FOR work AS
    SELECT explode(sequence(date_trunc('HOUR', session.replay_from),
      date_trunc('HOUR', session.replay_to - INTERVAL 1 SECOND), INTERVAL 1 HOUR)) AS landed_hour
  DO
    -- One statement per hour, then its mark. An hour without a mark is done again, less the objects that are there already.
    INSERT INTO replay_lines
    SELECT session.replay_number AS replay, session.replay_stream AS stream, b.raw, b.object, b.landed_at, b.ingested_at
    FROM (
      SELECT 'audit_logs' AS stream, raw, object, landed_at, ingested_at FROM bronze_audit_logs
      UNION ALL SELECT 'job_events', raw, object, landed_at, ingested_at FROM bronze_job_events
      UNION ALL SELECT 'billing_usage', raw, object, landed_at, ingested_at FROM bronze_billing_usage
      UNION ALL SELECT 'cluster_metrics', raw, object, landed_at, ingested_at FROM bronze_cluster_metrics) AS b
    LEFT ANTI JOIN (
      SELECT object FROM replay_lines WHERE replay = session.replay_number
      UNION SELECT object FROM silver_job_events WHERE session.replay_stream = 'job_events'
      UNION SELECT object FROM silver_cluster_metrics WHERE session.replay_stream = 'cluster_metrics'
      UNION SELECT object FROM silver_quarantine WHERE stream = session.replay_stream AND origin = 'lake'
        AND session.replay_stream IN ('job_events', 'cluster_metrics')) AS done ON done.object = b.object
    LEFT ANTI JOIN replay_progress AS p ON p.replay = session.replay_number AND p.stream = b.stream
      AND p.landed_hour = date_trunc('HOUR', b.landed_at)
    WHERE b.stream = session.replay_stream AND date_trunc('HOUR', b.landed_at) = work.landed_hour
      AND b.landed_at >= session.replay_from AND b.landed_at < session.replay_to AND b.ingested_at <= session.read_to;

    MERGE INTO replay_progress AS p USING (
      SELECT session.replay_number AS replay, session.replay_stream AS stream, work.landed_hour AS landed_hour,
        count(DISTINCT object) AS objects, count(*) AS lines
      FROM replay_lines
      WHERE replay = session.replay_number AND stream = session.replay_stream
        AND date_trunc('HOUR', landed_at) = work.landed_hour) AS n
    ON p.replay = n.replay AND p.stream = n.stream AND p.landed_hour = n.landed_hour
    WHEN NOT MATCHED THEN INSERT (replay, stream, landed_hour, origin, objects, lines, done_at)
      VALUES (n.replay, n.stream, n.landed_hour, 'bronze', n.objects, n.lines, current_timestamp());
  END FOR;
END;
