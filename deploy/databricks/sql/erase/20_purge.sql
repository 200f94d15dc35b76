-- Removes the old rows for good: first those that deletion vectors only hide, then the files that no version of the last
-- 72 hours needs. Run daily: from the third day after a rewrite on no file holds the old rows; a request has seven days.
-- Needs Databricks (open-source Spark has neither statement); the tests do the same to real Delta tables with delta-rs.
USE IDENTIFIER(:schema);

REORG TABLE bronze_audit_logs APPLY (PURGE);
VACUUM bronze_audit_logs;

REORG TABLE bronze_job_events APPLY (PURGE);
VACUUM bronze_job_events;

REORG TABLE bronze_billing_usage APPLY (PURGE);
VACUUM bronze_billing_usage;

REORG TABLE bronze_cluster_metrics APPLY (PURGE);
VACUUM bronze_cluster_metrics;

REORG TABLE silver_audit_logs APPLY (PURGE);
VACUUM silver_audit_logs;

REORG TABLE silver_job_events APPLY (PURGE);
VACUUM silver_job_events;

REORG TABLE silver_billing_usage APPLY (PURGE);
VACUUM silver_billing_usage;

REORG TABLE silver_cluster_metrics APPLY (PURGE);
VACUUM silver_cluster_metrics;

REORG TABLE silver_quarantine APPLY (PURGE);
VACUUM silver_quarantine;

REORG TABLE bronze_identities APPLY (PURGE);
VACUUM bronze_identities;

REORG TABLE silver_identities APPLY (PURGE);
VACUUM silver_identities;

REORG TABLE replay_lines APPLY (PURGE);
VACUUM replay_lines;

INSERT INTO erasure_evidence
SELECT s.request_id, 'vacuumed', 'all', NULL, current_timestamp() FROM erased_subjects AS s
LEFT ANTI JOIN erasure_evidence AS e ON e.request_id = s.request_id AND e.step = 'vacuumed'
WHERE s.erased_at < current_timestamp() - INTERVAL 72 HOURS;
