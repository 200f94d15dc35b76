-- Operations, per hour. These prefer availability: every hour is shown as far as it is known, and the views over them say
-- how complete it is. Only sums, counts, minima and maxima, so that a serverless refresh stays incremental.

-- One row per run, however many events told of it and however often: the last state counts.
CREATE MATERIALIZED VIEW job_runs
CLUSTER BY (last_event_time, workspace_id)
COMMENT 'Job runs as last heard of'
AS SELECT workspace_id, job_id, run_id,
  max(event_time) AS last_event_time,
  min(period_start_time) AS started_at,
  max(period_end_time) AS ended_at,
  max_by(result_state, event_time) FILTER (WHERE result_state IS NOT NULL) AS result_state,
  max_by(termination_code, event_time) FILTER (WHERE termination_code IS NOT NULL) AS termination_code
FROM silver_job_events
GROUP BY workspace_id, job_id, run_id;

CREATE MATERIALIZED VIEW job_health_hourly
CLUSTER BY (hour, workspace_id)
COMMENT 'Job runs per hour by how they ended'
AS SELECT date_trunc('HOUR', last_event_time) AS hour, workspace_id, job_id,
  count(*) AS runs,
  count_if(result_state = 'SUCCEEDED') AS succeeded,
  count_if(result_state IN ('FAILED', 'ERROR', 'TIMED_OUT')) AS failed,
  count_if(result_state IS NULL) AS running,
  sum(unix_micros(ended_at) - unix_micros(started_at)) / 1000000.0 AS run_seconds
FROM job_runs
GROUP BY date_trunc('HOUR', last_event_time), workspace_id, job_id;

CREATE MATERIALIZED VIEW cluster_health_hourly
CLUSTER BY (hour, workspace_id)
COMMENT 'Load of clusters per hour'
AS SELECT date_trunc('HOUR', event_time) AS hour, workspace_id, cluster_id,
  count(*) AS samples,
  sum(cpu_user_percent + cpu_system_percent) / count(cpu_user_percent + cpu_system_percent) AS cpu_percent_mean,
  max(cpu_user_percent + cpu_system_percent) AS cpu_percent_max,
  max(mem_used_percent) AS mem_percent_max,
  max(mem_swap_percent) AS swap_percent_max,
  count_if(cpu_wait_percent > 20) AS samples_waiting
FROM silver_cluster_metrics
GROUP BY date_trunc('HOUR', event_time), workspace_id, cluster_id;

CREATE MATERIALIZED VIEW audit_activity_hourly
CLUSTER BY (hour, service_name)
COMMENT 'Audit events per hour, service and action'
AS SELECT date_trunc('HOUR', event_time) AS hour, account_id, service_name, action_name,
  count(*) AS events,
  count_if(error_code IS NOT NULL) AS errors,
  count_if(NOT read_only) AS writes
FROM silver_audit_logs
GROUP BY date_trunc('HOUR', event_time), account_id, service_name, action_name;
