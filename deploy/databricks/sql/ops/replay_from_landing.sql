-- Brings objects of one stream that landed in [:from_time, :to_time) and are not in Bronze into it, from the landing zone:
-- after Bronze lost rows, or its checkpoint was reset past them. Silver then reads them as it reads everything else. One
-- transaction; safe to repeat: an object that Bronze has is left alone. :landing_path is the stream's landing folder.
USE IDENTIFIER(:schema);

DECLARE OR REPLACE VARIABLE restore_from TIMESTAMP;
SET VARIABLE restore_from = CAST(:from_time AS TIMESTAMP);
DECLARE OR REPLACE VARIABLE restore_to TIMESTAMP;
SET VARIABLE restore_to = CAST(:to_time AS TIMESTAMP);

INSERT INTO IDENTIFIER('bronze_' || :stream)
SELECT f.raw, f.object, f.object_bytes, f.landed_at, current_timestamp() AS ingested_at, current_date() AS ingest_date
FROM (
  SELECT value AS raw,
    regexp_extract(_metadata.file_path, '([^/]+/(?:date=[^/]+/hour=[^/]+|keyed/[^/]+)/[^/]+)$', 1) AS object,
    _metadata.file_size AS object_bytes, _metadata.file_modification_time AS landed_at
  FROM read_files(:landing_path, format => 'text', schema => 'value STRING', fileNamePattern => '*.json.gz')
  WHERE _metadata.file_modification_time >= session.restore_from
    AND _metadata.file_modification_time < session.restore_to) AS f
LEFT ANTI JOIN (SELECT DISTINCT object FROM IDENTIFIER('bronze_' || :stream)) AS known ON known.object = f.object;

-- Completeness counts objects by when they came.
MERGE INTO bronze_objects AS known USING (
  SELECT object, min(ingested_at) AS ingested_at FROM IDENTIFIER('bronze_' || :stream)
  WHERE landed_at >= session.restore_from AND landed_at < session.restore_to
  GROUP BY object) AS new
ON known.object = new.object AND known.stream = :stream
WHEN MATCHED AND known.ingested_at < new.ingested_at THEN UPDATE SET ingested_at = new.ingested_at;

INSERT INTO replay_progress
SELECT CAST(:replay AS BIGINT), :stream, date_trunc('HOUR', landed_at), 'landing', count(DISTINCT object), count(*),
  current_timestamp()
FROM IDENTIFIER('bronze_' || :stream)
WHERE landed_at >= session.restore_from AND landed_at < session.restore_to
GROUP BY date_trunc('HOUR', landed_at);
