-- Looks for every erased subject in every table, by the fields that name people. Any hit fails the job, after the evidence
-- is written. Also fails when a request is older than six days and not vacuumed: a day is left to act.
USE IDENTIFIER(:schema);

-- Whom a landed line names, by stream; NULL for nobody.
CREATE OR REPLACE TEMPORARY FUNCTION subject_of(stream STRING, raw STRING) RETURNS STRING RETURN CASE stream
  WHEN 'audit_logs' THEN coalesce(
    get_json_object(raw, '$.payload.userIdentity.email'),
    get_json_object(raw, '$.payload.userIdentity.userName'),
    get_json_object(raw, '$.payload.userIdentity.principalId'))
  WHEN 'job_events' THEN get_json_object(raw, '$.payload.run_as')
  WHEN 'billing_usage' THEN get_json_object(raw, '$.payload.identity_metadata.run_as')
  WHEN 'cluster_metrics' THEN get_json_object(raw, '$.payload.owned_by')
  WHEN 'identities' THEN get_json_object(raw, '$.payload.token')
END;

-- All rows for a week after an erasure; else those of the last two days.
DECLARE OR REPLACE VARIABLE look_from TIMESTAMP;
SET VARIABLE look_from = (
  SELECT CASE WHEN count_if(erased_at >= current_timestamp() - INTERVAL 8 DAYS) > 0 THEN TIMESTAMP '1970-01-01 00:00:00'
    ELSE current_timestamp() - INTERVAL 2 DAYS END
  FROM erased_subjects);

INSERT INTO erasure_evidence
SELECT s.request_id, 'verified', t.table_name, count(*), current_timestamp()
FROM (
  SELECT 'bronze_audit_logs' AS table_name, subject_of('audit_logs', raw) AS subject
  FROM bronze_audit_logs WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'silver_audit_logs', user_identity FROM silver_audit_logs WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'bronze_job_events', subject_of('job_events', raw)
  FROM bronze_job_events WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'silver_job_events', run_as FROM silver_job_events WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'bronze_billing_usage', subject_of('billing_usage', raw)
  FROM bronze_billing_usage WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'silver_billing_usage', run_as FROM silver_billing_usage WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'bronze_cluster_metrics', subject_of('cluster_metrics', raw)
  FROM bronze_cluster_metrics WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'silver_cluster_metrics', owned_by FROM silver_cluster_metrics WHERE ingested_at >= session.look_from
  UNION ALL
  SELECT 'silver_identities', token FROM silver_identities) AS t
JOIN erased_subjects AS s ON s.subject_sha256 = sha2(t.subject, 256)
WHERE s.erased_at IS NOT NULL
GROUP BY s.request_id, t.table_name;

INSERT INTO erasure_evidence
SELECT s.request_id, 'verified', 'all', 0, current_timestamp() FROM erased_subjects AS s
LEFT ANTI JOIN erasure_evidence AS e ON e.request_id = s.request_id AND e.step = 'verified' AND e.at > s.erased_at
WHERE s.erased_at IS NOT NULL;

SELECT
  assert_true(
    (SELECT count(*) FROM erasure_evidence AS e JOIN erased_subjects AS s ON s.request_id = e.request_id
      WHERE e.step = 'verified' AND e.rows_affected > 0 AND e.at > current_timestamp() - INTERVAL 1 HOUR) = 0,
    'an erased subject is still named in a table: see erasure_evidence, step verified') AS nobody_is_named,
  assert_true(
    (SELECT count(*) FROM erased_subjects AS s
      LEFT ANTI JOIN erasure_evidence AS e ON e.request_id = s.request_id AND e.step = 'vacuumed'
      WHERE s.requested_at < current_timestamp() - INTERVAL 6 DAYS) = 0,
    'a deletion request is older than six days and its old files are not vacuumed') AS in_time;
