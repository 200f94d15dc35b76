-- What is too old goes. Objects and progress stay: completeness outlives the rows that it was proved with.
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
-- Facts that a life which is not whole may still need stay longer than any backlog lasts.
DELETE FROM silver_ledger WHERE at < session.bronze_from - INTERVAL 45 DAYS;
