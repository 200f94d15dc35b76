-- How far Silver has read Bronze, by what it holds: `freshness` measures Silver's lag by this. Runs after each refresh of Silver,
-- also one that failed, and reads only what came since it ran last. Safe to repeat.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE read_before MAP<STRING, TIMESTAMP>;
SET VARIABLE read_before = (SELECT map_from_entries(collect_list(struct(stream, read_to))) FROM silver_progress);
DECLARE OR REPLACE VARIABLE beginning TIMESTAMP;
SET VARIABLE beginning = TIMESTAMP '1970-01-02 00:00:00';

MERGE INTO silver_progress AS known USING (
  SELECT stream, max(received_at) AS newest, max(ingested_at) AS read_to
  FROM (
    SELECT 'audit_logs' AS stream, received_at, ingested_at FROM silver_audit_logs
    WHERE ingested_at > coalesce(try_element_at(session.read_before, 'audit_logs'), session.beginning)
    UNION ALL
    SELECT 'job_events', received_at, ingested_at FROM silver_job_events
    WHERE ingested_at > coalesce(try_element_at(session.read_before, 'job_events'), session.beginning)
    UNION ALL
    SELECT 'billing_usage', received_at, ingested_at FROM silver_billing_usage
    WHERE ingested_at > coalesce(try_element_at(session.read_before, 'billing_usage'), session.beginning)
    UNION ALL
    SELECT 'cluster_metrics', received_at, ingested_at FROM silver_cluster_metrics
    WHERE ingested_at > coalesce(try_element_at(session.read_before, 'cluster_metrics'), session.beginning)
    UNION ALL
    SELECT stream, received_at, ingested_at FROM silver_quarantine
    WHERE origin = 'lake' AND ingested_at >= current_timestamp() - INTERVAL 1 DAY)
  GROUP BY stream) AS new
ON known.stream = new.stream
WHEN MATCHED AND new.read_to > known.read_to
  THEN UPDATE SET newest = greatest(known.newest, new.newest), read_to = new.read_to
WHEN NOT MATCHED THEN INSERT (stream, newest, read_to) VALUES (new.stream, new.newest, new.read_to);
