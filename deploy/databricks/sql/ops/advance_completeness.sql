-- How far every gateway and stream is whole in Bronze, from the ledger. Runs after each refresh of Silver; safe to repeat.
USE IDENTIFIER(:schema);

-- Where to look for new objects. A file enters Bronze in one transaction that bears the time at which it began.
DECLARE OR REPLACE VARIABLE since TIMESTAMP;
SET VARIABLE since = (
  SELECT coalesce(max(ingested_at), TIMESTAMP '1970-01-02 00:00:00') - INTERVAL 6 HOURS FROM bronze_objects);

-- 1. Objects that are new in Bronze, and the rows that each brought.
MERGE INTO bronze_objects AS known USING (
  SELECT object,
    regexp_extract(object, '^([^/]+)/', 1) AS stream,
    nullif(regexp_extract(object, '([^/_]+)_([0-9a-f]{16})_(\\d+)-(\\d+)\\.json\\.gz$', 1), '') AS gateway,
    nullif(regexp_extract(object, '([^/_]+)_([0-9a-f]{16})_(\\d+)-(\\d+)\\.json\\.gz$', 2), '') AS incarnation,
    CAST(nullif(regexp_extract(object, '_(\\d+)-(\\d+)\\.json\\.gz$', 1), '') AS BIGINT) AS first,
    CAST(nullif(regexp_extract(object, '_(\\d+)-(\\d+)\\.json\\.gz$', 2), '') AS BIGINT) + 1 AS end,
    rows, landed_at, ingested_at
  FROM (
    SELECT object, count(*) AS rows, min(landed_at) AS landed_at, min(ingested_at) AS ingested_at
    FROM (
      SELECT object, landed_at, ingested_at FROM bronze_audit_logs WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_job_events WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_billing_usage WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_cluster_metrics WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_ledger WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_quarantine WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_trail WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_identities WHERE ingested_at >= session.since
      UNION ALL SELECT object, landed_at, ingested_at FROM bronze_deletions WHERE ingested_at >= session.since)
    WHERE object <> ''
    GROUP BY object)) AS new
ON known.object = new.object AND known.ingested_at >= session.since
WHEN MATCHED AND known.rows <> new.rows THEN UPDATE SET rows = new.rows
WHEN NOT MATCHED THEN INSERT (object, stream, gateway, incarnation, first, end, rows, landed_at, ingested_at)
  VALUES (new.object, new.stream, new.gateway, new.incarnation, new.first, new.end, new.rows, new.landed_at, new.ingested_at);

-- 2. Sequences: from where each life was whole, over the objects and the damaged ranges that join on without a gap. An
-- object counts only when Bronze has every line of it.
MERGE INTO life_progress AS known USING (
  WITH pieces AS (
    SELECT gateway, incarnation, stream, 0L AS first, contiguous AS end FROM life_progress WHERE counted_in = 'own'
    UNION ALL
    SELECT o.gateway, o.incarnation, o.stream, o.first, o.end
    FROM bronze_objects AS o
    LEFT JOIN life_progress AS p ON p.gateway = o.gateway AND p.incarnation = o.incarnation AND p.stream = o.stream
      AND p.counted_in = 'own'
    WHERE o.gateway IS NOT NULL AND o.rows = o.end - o.first AND o.end > coalesce(p.contiguous, 0)
    UNION ALL
    SELECT gateway, incarnation, stream, first, end FROM silver_ledger WHERE fact = 'range_damaged'
    UNION ALL
    -- A life of which nothing has come yet is whole up to 0.
    SELECT DISTINCT gateway, incarnation, stream, 0L, 0L FROM silver_ledger
    WHERE fact IN ('position', 'incarnation_ended', 'segment_sealed', 'object_landed')),
  joined AS (
    SELECT *, coalesce(max(end) OVER (PARTITION BY gateway, incarnation, stream ORDER BY first, end
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS reached
    FROM pieces),
  counted AS (
    SELECT *, sum(CASE WHEN first > reached THEN 1 ELSE 0 END) OVER (PARTITION BY gateway, incarnation, stream
      ORDER BY first, end ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS gaps
    FROM joined)
  SELECT gateway, incarnation, stream, max(CASE WHEN gaps = 0 THEN end ELSE 0 END) AS contiguous
  FROM counted GROUP BY gateway, incarnation, stream) AS new
ON known.gateway = new.gateway AND known.incarnation = new.incarnation AND known.stream = new.stream
  AND known.counted_in = 'own'
WHEN MATCHED AND new.contiguous > known.contiguous THEN UPDATE SET contiguous = new.contiguous
WHEN NOT MATCHED THEN INSERT (gateway, incarnation, stream, counted_in, contiguous)
  VALUES (new.gateway, new.incarnation, new.stream, 'own', new.contiguous);

-- 3. Batches of strong streams have no sequences: a batch is acknowledged only after the fact of it is durable in the
-- ledger. So such a stream is whole up to the first ledger object that names a batch which Bronze does not have, and no
-- further than the ledger itself is whole.
MERGE INTO life_progress AS known USING (
  SELECT l.gateway, l.incarnation, s.stream, least(l.contiguous, min(missing.ledger_first)) AS contiguous
  FROM life_progress AS l
  CROSS JOIN (VALUES ('audit_logs'), ('job_events'), ('billing_usage'), ('cluster_metrics')) AS s (stream)
  LEFT JOIN (
    SELECT f.gateway, f.ledger_incarnation, f.stream, f.ledger_first
    FROM silver_ledger AS f
    LEFT JOIN life_progress AS p ON p.gateway = f.gateway AND p.incarnation = f.ledger_incarnation
      AND p.stream = f.stream AND p.counted_in = 'ledger'
    LEFT JOIN bronze_objects AS o ON o.object = f.landed_object AND o.rows = f.events
    WHERE f.fact = 'batch_landed' AND f.ledger_first >= coalesce(p.contiguous, 0) AND o.object IS NULL) AS missing
  ON missing.gateway = l.gateway AND missing.ledger_incarnation = l.incarnation AND missing.stream = s.stream
  WHERE l.stream = '_ledger' AND l.counted_in = 'own'
  GROUP BY l.gateway, l.incarnation, s.stream, l.contiguous) AS new
ON known.gateway = new.gateway AND known.incarnation = new.incarnation AND known.stream = new.stream
  AND known.counted_in = 'ledger'
WHEN MATCHED AND new.contiguous > known.contiguous THEN UPDATE SET contiguous = new.contiguous
WHEN NOT MATCHED THEN INSERT (gateway, incarnation, stream, counted_in, contiguous)
  VALUES (new.gateway, new.incarnation, new.stream, 'ledger', new.contiguous);

-- 4. Times. Only facts in a ledger's whole part count: what a recovered gateway found out about its last life stands
-- before its first position.
INSERT OVERWRITE completeness
WITH facts AS (
  SELECT f.* FROM silver_ledger AS f
  JOIN life_progress AS l ON l.gateway = f.gateway AND l.incarnation = f.ledger_incarnation AND l.stream = '_ledger'
    AND l.counted_in = 'own' AND f.ledger_end <= l.contiguous),
positions AS (
  SELECT gateway, incarnation, stream, at, next_sequence FROM facts WHERE fact IN ('position', 'incarnation_ended')),
known_ends AS (
  SELECT gateway, incarnation, stream, max(greatest(coalesce(next_sequence, 0), coalesce(end, 0))) AS known_end
  FROM facts WHERE fact IN ('position', 'incarnation_ended', 'segment_sealed', 'object_landed', 'range_damaged')
  GROUP BY gateway, incarnation, stream),
-- Lives of a ledger: does the lake know where it ended? A clean stop writes the ends of the other streams last; after a
-- crash the next life says where it ended. When neither was written (all had landed before the crash), the life is taken
-- as ended once its successor has been in Bronze for :settle_seconds.
ledger_lives AS (
  SELECT gateway, ledger_incarnation AS incarnation, max(at) AS last_at, min(ingested_at) AS seen_at,
    max(CASE WHEN fact = 'incarnation_ended' AND how = 'stopped' AND incarnation = ledger_incarnation THEN 1 ELSE 0 END)
      AS stopped
  FROM facts GROUP BY gateway, ledger_incarnation),
recovered AS (
  SELECT DISTINCT gateway, incarnation FROM facts WHERE fact = 'incarnation_ended' AND stream = '_ledger'),
tails AS (
  SELECT l.gateway, l.incarnation,
    l.stopped = 1 OR max(r.incarnation) IS NOT NULL OR count(later.incarnation) = 0
      OR min(later.seen_at) < current_timestamp() - make_interval(0, 0, 0, 0, 0, 0, :settle_seconds) AS known
  FROM ledger_lives AS l
  LEFT JOIN recovered AS r ON r.gateway = l.gateway AND r.incarnation = l.incarnation
  LEFT JOIN ledger_lives AS later ON later.gateway = l.gateway AND later.last_at > l.last_at
  GROUP BY l.gateway, l.incarnation, l.stopped),
lives AS (
  SELECT p.gateway, p.incarnation, p.stream, p.counted_in, p.contiguous,
    coalesce(k.known_end, 0) <= p.contiguous AND coalesce(t.known, p.stream <> '_ledger') AS whole
  FROM life_progress AS p
  LEFT JOIN known_ends AS k ON k.gateway = p.gateway AND k.incarnation = p.incarnation
    AND k.stream = CASE WHEN p.counted_in = 'own' THEN p.stream ELSE '_ledger' END
  LEFT JOIN tails AS t ON t.gateway = p.gateway AND t.incarnation = p.incarnation AND p.stream = '_ledger'),
reached AS (
  SELECT l.gateway, l.incarnation, l.stream, l.counted_in, l.whole,
    coalesce(max(s.at), TIMESTAMP '1970-01-01 00:00:00') AS at
  FROM lives AS l
  LEFT JOIN positions AS s ON s.gateway = l.gateway AND s.incarnation = l.incarnation
    AND s.stream = CASE WHEN l.counted_in = 'own' THEN l.stream ELSE '_ledger' END AND s.next_sequence <= l.contiguous
  GROUP BY l.gateway, l.incarnation, l.stream, l.counted_in, l.whole),
streams AS (
  SELECT DISTINCT stream FROM life_progress),
-- A stream needs its own sequences and the ledger itself. A life that is not whole holds its gateway back; when all are
-- whole, the newest position counts.
needs AS (
  SELECT s.stream, r.gateway,
    CASE WHEN r.stream = s.stream THEN r.counted_in ELSE 'itself' END AS need,
    min(CASE WHEN NOT r.whole THEN r.at END) AS held_at,
    min_by(r.incarnation, CASE WHEN NOT r.whole THEN r.at END) FILTER (WHERE NOT r.whole) AS held_by,
    max(r.at) AS latest_at
  FROM streams AS s JOIN reached AS r ON r.stream = s.stream OR r.stream = '_ledger'
  GROUP BY s.stream, r.gateway, CASE WHEN r.stream = s.stream THEN r.counted_in ELSE 'itself' END),
per_gateway AS (
  SELECT stream, gateway,
    nullif(min(coalesce(held_at, latest_at)), TIMESTAMP '1970-01-01 00:00:00') AS complete_through,
    min_by(held_by, coalesce(held_at, latest_at)) AS held_back_by
  FROM needs GROUP BY stream, gateway),
expected AS (
  SELECT s.stream, g.gateway
  FROM streams AS s CROSS JOIN (
    SELECT DISTINCT gateway FROM life_progress UNION SELECT gateway FROM lake_gateways) AS g
  WHERE g.gateway NOT IN (SELECT gateway FROM lake_gateways WHERE state = 'retired'))
SELECT e.stream, e.gateway, p.complete_through, p.held_back_by, current_timestamp() AS computed_at
FROM expected AS e LEFT JOIN per_gateway AS p ON p.stream = e.stream AND p.gateway = e.gateway;

INSERT INTO completeness_history
SELECT stream, CASE WHEN count(complete_through) = count(*) THEN min(complete_through) END AS complete_through,
  count(*) AS gateways, max(computed_at) AS computed_at
FROM completeness GROUP BY stream;
