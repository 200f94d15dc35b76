-- All usage that is known now, per hour: what closing an hour, adjustments and usage_live count from.
CREATE MATERIALIZED VIEW usage_hourly_now
CLUSTER BY (usage_hour, account_id)
COMMENT 'Usage per hour as known now, closed or not'
AS SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit,
  count(*) AS records,
  CAST(sum(usage_quantity) AS DECIMAL(38, 9)) AS usage_quantity,
  max(received_at) AS last_received_at
FROM silver_billing_usage
GROUP BY usage_hour, account_id, workspace_id, sku_name, usage_unit;
