-- Which top-level fields, of which types, each stream's events had per hour of arrival: what schema_drift compares. Looks
-- at the lines that came into Bronze in the last :hours hours, one object in :sample of the large streams; a repeated run
-- replaces an hour's rows with what it sees now.
USE IDENTIFIER(:schema);

MERGE INTO schema_observed AS known USING (
  WITH lines AS (
    SELECT 'audit_logs' AS stream, raw FROM bronze_audit_logs
    WHERE ingested_at >= current_timestamp() - make_interval(0, 0, 0, 0, :hours) AND pmod(xxhash64(object), :sample) = 0
    UNION ALL
    SELECT 'job_events', raw FROM bronze_job_events
    WHERE ingested_at >= current_timestamp() - make_interval(0, 0, 0, 0, :hours) AND pmod(xxhash64(object), :sample) = 0
    UNION ALL
    SELECT 'billing_usage', raw FROM bronze_billing_usage
    WHERE ingested_at >= current_timestamp() - make_interval(0, 0, 0, 0, :hours)
    UNION ALL
    SELECT 'cluster_metrics', raw FROM bronze_cluster_metrics
    WHERE ingested_at >= current_timestamp() - make_interval(0, 0, 0, 0, :hours) AND pmod(xxhash64(object), :sample) = 0),
  events AS (
    SELECT stream, date_trunc('HOUR', try_to_timestamp(try_variant_get(line, '$.received_at', 'string'))) AS hour,
      try_variant_get(line, '$.payload', 'map<string,variant>') AS payload
    FROM (SELECT stream, try_parse_json(raw) AS line FROM lines)),
  totals AS (
    SELECT stream, hour, count(*) AS of_events FROM events WHERE hour IS NOT NULL AND payload IS NOT NULL
    GROUP BY stream, hour),
  fields AS (
    SELECT stream, hour, field,
      -- Numbers are one type: 1 and 1.5 are no drift.
      CASE WHEN type RLIKE '^(BIGINT|DECIMAL|DOUBLE|INT|SMALLINT|TINYINT)' THEN 'NUMBER'
        ELSE regexp_extract(type, '^[A-Z]+', 0) END AS type
    FROM (
      SELECT stream, hour, field, schema_of_variant(value) AS type
      FROM events LATERAL VIEW explode(payload) AS field, value WHERE hour IS NOT NULL))
  SELECT f.stream, f.hour, f.field, f.type, count(*) AS events, max(t.of_events) AS of_events
  FROM fields AS f JOIN totals AS t ON t.stream = f.stream AND t.hour = f.hour
  GROUP BY f.stream, f.hour, f.field, f.type) AS new
ON known.stream = new.stream AND known.hour = new.hour AND known.field = new.field AND known.type = new.type
WHEN MATCHED THEN UPDATE SET events = new.events, of_events = new.of_events
WHEN NOT MATCHED THEN INSERT (stream, hour, field, type, events, of_events)
  VALUES (new.stream, new.hour, new.field, new.type, new.events, new.of_events);
