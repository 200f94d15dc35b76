-- Rewrites every row that names a subject who asked to be forgotten, those included that came after the request: the
-- subject's name becomes 'erased', wherever it stands in that line. Rows stay, so counts, sums and the ledger's completeness
-- do not change; the pipelines read with SKIPCHANGECOMMITS, so nothing is processed twice. Run daily by the job `erase`; safe
-- to repeat: what is rewritten no longer matches. A statement that meets another writer fails with a conflict, and the job
-- runs the file again.
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

-- The line without the subject: its text as it stands, and the fields that name people, in case it is escaped there.
CREATE OR REPLACE TEMPORARY FUNCTION without(raw STRING, subject STRING) RETURNS STRING RETURN regexp_replace(
  replace(raw, subject, 'erased'),
  '"(email|userName|principalId|run_as|owned_by)"\\s*:\\s*"(?:[^"\\\\]|\\\\.)*"', '"$1":"erased"');

-- Requests that came in, once each. From here on Silver filters the subject.
MERGE INTO erased_subjects AS known USING (
  SELECT subject_sha256, min_by(request_id, requested_at) AS request_id, min(requested_at) AS requested_at
  FROM silver_deletion_requests WHERE subject_sha256 IS NOT NULL GROUP BY subject_sha256) AS new
ON known.subject_sha256 = new.subject_sha256
WHEN NOT MATCHED THEN INSERT (subject_sha256, request_id, requested_at, erased_at)
  VALUES (new.subject_sha256, new.request_id, new.requested_at, NULL);

INSERT INTO erasure_evidence
SELECT s.request_id, 'accepted', 'erased_subjects', 1, current_timestamp() FROM erased_subjects AS s
LEFT ANTI JOIN erasure_evidence AS e ON e.request_id = s.request_id AND e.step = 'accepted';

-- All rows when a request is new; else those of the last two days, in which an event of somebody erased may have come.
DECLARE OR REPLACE VARIABLE look_from TIMESTAMP;
SET VARIABLE look_from = (
  SELECT CASE WHEN count_if(erased_at IS NULL) > 0 THEN TIMESTAMP '1970-01-01 00:00:00'
    ELSE current_timestamp() - INTERVAL 2 DAYS END
  FROM erased_subjects);

-- What will be rewritten, for the auditors.
INSERT INTO erasure_evidence
SELECT s.request_id, 'rewritten', t.table_name, count(*), current_timestamp()
FROM (
  SELECT 'bronze_audit_logs' AS table_name, subject_of('audit_logs', raw) AS subject FROM bronze_audit_logs
  UNION ALL
  SELECT 'silver_audit_logs', user_identity FROM silver_audit_logs
  UNION ALL
  SELECT 'bronze_job_events', subject_of('job_events', raw) FROM bronze_job_events
  UNION ALL
  SELECT 'silver_job_events', run_as FROM silver_job_events
  UNION ALL
  SELECT 'bronze_billing_usage', subject_of('billing_usage', raw) FROM bronze_billing_usage
  UNION ALL
  SELECT 'silver_billing_usage', run_as FROM silver_billing_usage
  UNION ALL
  SELECT 'bronze_cluster_metrics', subject_of('cluster_metrics', raw) FROM bronze_cluster_metrics
  UNION ALL
  SELECT 'silver_cluster_metrics', owned_by FROM silver_cluster_metrics
  UNION ALL
  SELECT 'silver_identities', token FROM silver_identities) AS t
JOIN erased_subjects AS s ON s.subject_sha256 = sha2(t.subject, 256)
WHERE s.erased_at IS NULL
GROUP BY s.request_id, t.table_name;

MERGE INTO bronze_audit_logs AS t USING (
  SELECT DISTINCT object, raw, without(raw, subject_of('audit_logs', raw)) AS rewritten FROM bronze_audit_logs
  WHERE ingested_at >= session.look_from
    AND sha2(subject_of('audit_logs', raw), 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.object = s.object AND t.raw = s.raw
WHEN MATCHED THEN UPDATE SET raw = s.rewritten;

UPDATE silver_audit_logs SET
  request_params = try_parse_json(replace(to_json(request_params), user_identity, 'erased')),
  response = try_parse_json(replace(to_json(response), user_identity, 'erased')),
  extra = try_parse_json(replace(to_json(extra), user_identity, 'erased')),
  user_identity = 'erased'
WHERE ingested_at >= session.look_from
  AND sha2(user_identity, 256) IN (SELECT subject_sha256 FROM erased_subjects);

MERGE INTO bronze_job_events AS t USING (
  SELECT DISTINCT object, raw, without(raw, subject_of('job_events', raw)) AS rewritten FROM bronze_job_events
  WHERE ingested_at >= session.look_from
    AND sha2(subject_of('job_events', raw), 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.object = s.object AND t.raw = s.raw
WHEN MATCHED THEN UPDATE SET raw = s.rewritten;

UPDATE silver_job_events SET
  job_parameters = try_parse_json(replace(to_json(job_parameters), run_as, 'erased')),
  extra = try_parse_json(replace(to_json(extra), run_as, 'erased')),
  run_as = 'erased'
WHERE ingested_at >= session.look_from
  AND sha2(run_as, 256) IN (SELECT subject_sha256 FROM erased_subjects);

MERGE INTO bronze_billing_usage AS t USING (
  SELECT DISTINCT object, raw, without(raw, subject_of('billing_usage', raw)) AS rewritten FROM bronze_billing_usage
  WHERE ingested_at >= session.look_from
    AND sha2(subject_of('billing_usage', raw), 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.object = s.object AND t.raw = s.raw
WHEN MATCHED THEN UPDATE SET raw = s.rewritten;

UPDATE silver_billing_usage SET
  usage_metadata = try_parse_json(replace(to_json(usage_metadata), run_as, 'erased')),
  extra = try_parse_json(replace(to_json(extra), run_as, 'erased')),
  run_as = 'erased'
WHERE ingested_at >= session.look_from
  AND sha2(run_as, 256) IN (SELECT subject_sha256 FROM erased_subjects);

MERGE INTO bronze_cluster_metrics AS t USING (
  SELECT DISTINCT object, raw, without(raw, subject_of('cluster_metrics', raw)) AS rewritten FROM bronze_cluster_metrics
  WHERE ingested_at >= session.look_from
    AND sha2(subject_of('cluster_metrics', raw), 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.object = s.object AND t.raw = s.raw
WHEN MATCHED THEN UPDATE SET raw = s.rewritten;

UPDATE silver_cluster_metrics SET
  extra = try_parse_json(replace(to_json(extra), owned_by, 'erased')),
  owned_by = 'erased'
WHERE ingested_at >= session.look_from
  AND sha2(owned_by, 256) IN (SELECT subject_sha256 FROM erased_subjects);

MERGE INTO replay_lines AS t USING (
  SELECT DISTINCT stream, object, raw FROM replay_lines
  WHERE sha2(subject_of(stream, raw), 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.stream = s.stream AND t.object = s.object AND t.raw = s.raw
WHEN MATCHED THEN DELETE;

-- Refused lines: whole lines that Silver refused, bare events that a gateway refused.
MERGE INTO silver_quarantine AS t USING (
  SELECT line_id, without(raw, subject) AS rewritten
  FROM (
    SELECT line_id, raw,
      subject_of(stream, CASE origin WHEN 'lake' THEN raw ELSE concat('{"payload":', raw, '}') END) AS subject
    FROM silver_quarantine)
  WHERE sha2(subject, 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.line_id = s.line_id
WHEN MATCHED THEN UPDATE SET raw = s.rewritten;

-- Tokens: what they stood for goes; the tokens in the other tables then name nobody.
DELETE FROM silver_identities
WHERE sha2(token, 256) IN (SELECT subject_sha256 FROM erased_subjects);

MERGE INTO bronze_identities AS t USING (
  SELECT DISTINCT object, raw,
    regexp_replace(raw, '"value"\\s*:\\s*"(?:[^"\\\\]|\\\\.)*"', '"value":"erased"') AS rewritten
  FROM bronze_identities
  WHERE sha2(subject_of('identities', raw), 256) IN (SELECT subject_sha256 FROM erased_subjects)) AS s
ON t.object = s.object AND t.raw = s.raw
WHEN MATCHED THEN UPDATE SET raw = s.rewritten;

UPDATE erased_subjects SET erased_at = current_timestamp() WHERE erased_at IS NULL;
