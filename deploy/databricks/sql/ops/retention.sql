-- What is too old goes. Progress and evidence stay: completeness outlives the rows that it was proved with. So do the trail,
-- tokens (their erasure is a request's) and requests.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE bronze_from TIMESTAMP;
SET VARIABLE bronze_from = current_timestamp() - make_interval(0, 0, 0, :bronze_days);
DECLARE OR REPLACE VARIABLE silver_from DATE;
SET VARIABLE silver_from = CAST(current_timestamp() - make_interval(0, 0, 0, :silver_days) AS DATE);

DELETE FROM bronze_audit_logs WHERE ingested_at < session.bronze_from;
DELETE FROM bronze_job_events WHERE ingested_at < session.bronze_from;
DELETE FROM bronze_billing_usage WHERE ingested_at < session.bronze_from;
DELETE FROM bronze_cluster_metrics WHERE ingested_at < session.bronze_from;
DELETE FROM bronze_ledger WHERE ingested_at < session.bronze_from;
DELETE FROM bronze_quarantine WHERE ingested_at < session.bronze_from;
DELETE FROM replay_lines WHERE ingested_at < session.bronze_from;
DELETE FROM silver_quarantine WHERE ingested_at < session.bronze_from;
DELETE FROM silver_audit_logs WHERE event_date < session.silver_from;
DELETE FROM silver_job_events WHERE event_date < session.silver_from;
DELETE FROM silver_billing_usage WHERE usage_date < session.silver_from;
DELETE FROM silver_cluster_metrics WHERE event_date < session.silver_from;
DELETE FROM bronze_objects WHERE ingested_at < session.silver_from;
DELETE FROM completeness_history WHERE computed_at < session.silver_from;
DELETE FROM check_results WHERE run_at < session.silver_from;
DELETE FROM schema_observed WHERE hour < session.silver_from;

-- Facts go with the lives that they are said by and said of: of one that is not finished, any may still be needed.
DELETE FROM silver_ledger
WHERE at < session.bronze_from
  AND concat(gateway, '/', ledger_incarnation) IN (SELECT concat(gateway, '/', incarnation) FROM finished_lives)
  AND concat(gateway, '/', incarnation) IN (SELECT concat(gateway, '/', incarnation) FROM finished_lives);

-- Of what is older than three days: that an object landed is of no more use once Bronze has it, and of the positions, which a
-- life states for as long as it lives, the last of an hour says what the others did. This keeps the table small enough to be
-- read every few minutes; bronze_ledger has the facts as they were.
DECLARE OR REPLACE VARIABLE facts_from TIMESTAMP;
SET VARIABLE facts_from = date_trunc('HOUR', current_timestamp() - INTERVAL 3 DAYS);

MERGE INTO silver_ledger AS f USING (
  SELECT DISTINCT s.fact_id
  FROM silver_ledger AS s
  JOIN life_progress AS p ON p.gateway = s.gateway AND p.incarnation = s.incarnation AND p.stream = s.stream
    AND s.end <= p.contiguous
  WHERE s.fact IN ('segment_sealed', 'object_landed') AND s.at < session.facts_from
  UNION
  SELECT s.fact_id
  FROM silver_ledger AS s JOIN bronze_objects AS o ON o.object = s.landed_object AND o.rows = s.events AND o.gateway IS NULL
  WHERE s.fact = 'batch_landed' AND s.at < session.facts_from) AS done
ON f.fact_id = done.fact_id AND f.at < session.facts_from
WHEN MATCHED THEN DELETE;

MERGE INTO silver_ledger AS f USING (
  SELECT DISTINCT gateway, incarnation, at
  FROM (
    SELECT gateway, incarnation, at,
      max(at) OVER (PARTITION BY gateway, incarnation, date_trunc('HOUR', at)) AS last_at
    FROM silver_ledger WHERE fact = 'position' AND at < session.facts_from)
  WHERE at < last_at) AS passed
ON f.fact = 'position' AND f.gateway = passed.gateway AND f.incarnation = passed.incarnation AND f.at = passed.at
WHEN MATCHED THEN DELETE;
