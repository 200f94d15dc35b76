-- Closes every hour of billing that is complete through its end plus grace, once; then states as adjustments what came for
-- closed hours. Run by one job at a time, and in this order: advance_completeness, then the refresh of Silver and Gold,
-- then this. So all that the completeness speaks of is in usage_hourly_now. Safe to repeat: after a crash at any statement
-- the next run goes on, and what it finds different from what was written becomes an adjustment.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE complete_through TIMESTAMP;
SET VARIABLE complete_through = (SELECT complete_through FROM stream_completeness WHERE stream = 'billing_usage');
DECLARE OR REPLACE VARIABLE last_hour TIMESTAMP;
SET VARIABLE last_hour = date_trunc(
  'HOUR', session.complete_through - INTERVAL 1 HOUR - make_interval(0, 0, 0, 0, 0, 0, :grace_seconds));
DECLARE OR REPLACE VARIABLE adjust_from TIMESTAMP;
SET VARIABLE adjust_from = date_trunc('HOUR', current_timestamp() - make_interval(0, 0, 0, :adjust_days));

-- Rows of the hours that close now. If a run stopped before the next statement, the rows that it wrote stay as they are.
MERGE INTO billing_hourly AS closed USING (
  SELECT u.*, current_timestamp() AS closed_at
  FROM usage_hourly_now AS u LEFT ANTI JOIN billing_closed_hours AS done ON done.usage_hour = u.usage_hour
  WHERE u.usage_hour <= session.last_hour) AS new
ON closed.usage_hour = new.usage_hour AND closed.account_id = new.account_id AND closed.workspace_id = new.workspace_id
  AND closed.sku_name = new.sku_name AND closed.usage_unit = new.usage_unit
WHEN NOT MATCHED THEN INSERT
  (usage_hour, account_id, workspace_id, sku_name, usage_unit, records, usage_quantity, closed_at)
  VALUES (new.usage_hour, new.account_id, new.workspace_id, new.sku_name, new.usage_unit, new.records,
    new.usage_quantity, new.closed_at);

-- The hours themselves, those without usage included: from the first that the lake has seen to the last complete one.
MERGE INTO billing_closed_hours AS closed USING (
  SELECT h.usage_hour, current_timestamp() AS closed_at, session.complete_through AS complete_through,
    coalesce(sum(b.records), 0) AS records, CAST(coalesce(sum(b.usage_quantity), 0) AS DECIMAL(38, 9)) AS usage_quantity
  FROM (
    SELECT explode(sequence(first_hour, session.last_hour, INTERVAL 1 HOUR)) AS usage_hour
    FROM (SELECT min(usage_hour) AS first_hour FROM usage_hourly_now)
    WHERE first_hour <= session.last_hour) AS h
  LEFT JOIN billing_hourly AS b ON b.usage_hour = h.usage_hour
  GROUP BY h.usage_hour) AS new
ON closed.usage_hour = new.usage_hour
WHEN NOT MATCHED THEN INSERT (usage_hour, closed_at, complete_through, records, usage_quantity)
  VALUES (new.usage_hour, new.closed_at, new.complete_through, new.records, new.usage_quantity);

-- Known now, less what is written: closed rows and earlier adjustments.
INSERT INTO billing_adjustments
SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, records, usage_quantity,
  current_timestamp() AS adjusted_at
FROM (
  SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, sum(records) AS records,
    CAST(sum(usage_quantity) AS DECIMAL(38, 9)) AS usage_quantity
  FROM (
    SELECT u.usage_hour, u.account_id, u.workspace_id, u.sku_name, u.usage_unit, u.records, u.usage_quantity
    FROM usage_hourly_now AS u JOIN billing_closed_hours AS c ON c.usage_hour = u.usage_hour
    UNION ALL
    SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, -records, -usage_quantity FROM billing_hourly
    UNION ALL
    SELECT usage_hour, account_id, workspace_id, sku_name, usage_unit, -records, -usage_quantity
    FROM billing_adjustments)
  WHERE usage_hour >= session.adjust_from
  GROUP BY usage_hour, account_id, workspace_id, sku_name, usage_unit)
WHERE records <> 0 OR usage_quantity <> 0;
