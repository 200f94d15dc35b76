-- What a customer is shown: closed usage per day, with the adjustments in it told apart.
CREATE MATERIALIZED VIEW customer_usage_daily
CLUSTER BY (usage_date, account_id)
COMMENT 'Closed usage per customer and day, adjustments included'
AS SELECT CAST(usage_hour AS DATE) AS usage_date, account_id, workspace_id, sku_name, usage_unit,
  sum(records) AS records,
  CAST(sum(usage_quantity) AS DECIMAL(38, 9)) AS usage_quantity,
  CAST(sum(adjusted_quantity) AS DECIMAL(38, 9)) AS adjusted_quantity
FROM (
  SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, records, usage_quantity,
    CAST(0 AS DECIMAL(38, 9)) AS adjusted_quantity
  FROM billing_hourly
  UNION ALL
  SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, records, usage_quantity, usage_quantity
  FROM billing_adjustments)
GROUP BY CAST(usage_hour AS DATE), account_id, workspace_id, sku_name, usage_unit;
