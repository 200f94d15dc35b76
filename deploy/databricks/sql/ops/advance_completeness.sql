-- Through when every stream is complete in Bronze, from the ledger, by the rules of docs/formats.md ("Complete through"):
-- `sluice verify` says the same of the same objects. Runs before each refresh of Silver; safe to repeat.
USE IDENTIFIER(:schema);

-- Where to look for new objects. A file enters Bronze in one transaction that bears the time at which it began.
DECLARE OR REPLACE VARIABLE since TIMESTAMP;
SET VARIABLE since = (
  SELECT coalesce(max(ingested_at), TIMESTAMP '1970-01-02 00:00:00') - INTERVAL 6 HOURS FROM bronze_objects);
-- Of those, what the last run that got to its end has not seen, and how far back objects wait behind a gap.
DECLARE OR REPLACE VARIABLE objects_from TIMESTAMP;
SET VARIABLE objects_from = (
  SELECT least(session.since, min(beyond_from), (
    SELECT coalesce(max(computed_at), TIMESTAMP '1970-01-02 00:00:00') - INTERVAL 6 HOURS FROM completeness))
  FROM life_progress);

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

-- 2. Sequences: how far each life is there from 0 on, over the objects and the damaged ranges that join on without a gap. An
-- object counts only when Bronze has every line of it; what a gateway named as lost can't come any more. Neither can what a life
-- stated, by the last run, beyond its last sealed segment, its last object and what later lives found of it: the disk damaged the
-- end of its journal.
MERGE INTO life_progress AS known USING (
  WITH pieces AS (
    SELECT gateway, incarnation, stream, 0L AS first, contiguous AS end, seen, CAST(NULL AS TIMESTAMP) AS ingested_at
    FROM life_progress
    UNION ALL
    -- One that is not whole says only that the life is there.
    SELECT o.gateway, o.incarnation, o.stream, CASE WHEN o.rows = o.end - o.first THEN o.first ELSE 0L END,
      CASE WHEN o.rows = o.end - o.first THEN o.end ELSE 0L END, o.end, o.ingested_at
    FROM bronze_objects AS o
    LEFT JOIN life_progress AS p ON p.gateway = o.gateway AND p.incarnation = o.incarnation AND p.stream = o.stream
    WHERE o.gateway IS NOT NULL AND o.ingested_at >= session.objects_from AND (p.gateway IS NULL OR o.end > p.contiguous)
    UNION ALL
    SELECT f.gateway, f.incarnation, f.stream, f.first, f.end, 0L, CAST(NULL AS TIMESTAMP)
    FROM silver_ledger AS f WHERE f.fact = 'range_damaged'
    UNION ALL
    SELECT c.gateway, c.incarnation, c.stream, greatest(max(coalesce(f.next_sequence, f.end)), coalesce(p.seen, 0)) AS lost_from,
      c.expected, 0L, CAST(NULL AS TIMESTAMP)
    FROM life_completeness AS c
    LEFT JOIN life_progress AS p ON p.gateway = c.gateway AND p.incarnation = c.incarnation AND p.stream = c.stream
    JOIN silver_ledger AS f ON f.gateway = c.gateway AND f.incarnation = c.incarnation AND f.stream = c.stream
      AND (f.fact IN ('segment_sealed', 'object_landed')
        OR f.fact = 'incarnation_ended' AND f.incarnation <> f.ledger_incarnation)
    WHERE c.state = 'missing'
    GROUP BY c.gateway, c.incarnation, c.stream, c.expected, p.seen
    HAVING lost_from < c.expected AND count_if(f.fact = 'incarnation_ended') > 0
    UNION ALL
    -- A strong stream has no sequences, but must be known when its facts are gone.
    SELECT DISTINCT gateway, ledger_incarnation, stream, 0L, 0L, 0L, CAST(NULL AS TIMESTAMP) FROM silver_ledger
    WHERE fact = 'batch_landed'),
  joined AS (
    SELECT *, coalesce(max(end) OVER (PARTITION BY gateway, incarnation, stream ORDER BY first, end
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS reached
    FROM pieces),
  counted AS (
    SELECT *, sum(CASE WHEN first > reached THEN 1 ELSE 0 END) OVER (PARTITION BY gateway, incarnation, stream
      ORDER BY first, end ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS gaps
    FROM joined)
  SELECT gateway, incarnation, stream, max(CASE WHEN gaps = 0 THEN end ELSE 0 END) AS contiguous, max(seen) AS seen,
    min(CASE WHEN gaps > 0 THEN ingested_at END) AS beyond_from
  FROM counted GROUP BY gateway, incarnation, stream) AS new
ON known.gateway = new.gateway AND known.incarnation = new.incarnation AND known.stream = new.stream
WHEN MATCHED AND (new.contiguous > known.contiguous OR new.seen > known.seen OR NOT new.beyond_from <=> known.beyond_from)
  THEN UPDATE SET contiguous = new.contiguous, seen = new.seen, beyond_from = new.beyond_from
WHEN NOT MATCHED THEN INSERT (gateway, incarnation, stream, contiguous, seen, beyond_from)
  VALUES (new.gateway, new.incarnation, new.stream, new.contiguous, new.seen, new.beyond_from);

-- An object that a fact names landed before the fact, but no earlier than strong streams know their batches again.
DECLARE OR REPLACE VARIABLE batches_from TIMESTAMP;
SET VARIABLE batches_from = (SELECT min(at) - INTERVAL 31 DAYS FROM silver_ledger WHERE fact = 'batch_landed');

-- 3. Lives that are not finished, each with each stream: through when it is complete, and what it lacks.
INSERT OVERWRITE life_completeness
WITH facts AS (
  -- Only what stands in the whole part of a ledger is heard; but what any fact says is there must come.
  SELECT f.fact, f.gateway, f.incarnation, f.ledger_incarnation AS speaker, f.stream, f.at, f.next_sequence, f.end,
    f.landed_object, f.events, f.ledger_batch, f.ledger_end <= coalesce(p.contiguous, 0) AS heard
  FROM silver_ledger AS f
  LEFT JOIN life_progress AS p ON p.gateway = f.gateway AND p.incarnation = f.ledger_incarnation AND p.stream = '_ledger'
  WHERE f.fact IN ('incarnation_opened', 'position', 'incarnation_ended', 'segment_sealed', 'object_landed',
    'batch_landed', 'range_damaged')),
lives AS (
  SELECT k.gateway, k.incarnation
  FROM (
    SELECT gateway, incarnation FROM life_progress
    UNION SELECT gateway, speaker FROM facts
    UNION SELECT gateway, incarnation FROM facts) AS k
  LEFT ANTI JOIN finished_lives AS f ON f.gateway = k.gateway AND f.incarnation = k.incarnation),
streams AS (
  SELECT stream FROM life_progress UNION SELECT stream FROM facts WHERE stream IS NOT NULL),
-- What a life says itself.
own AS (
  SELECT gateway, speaker AS incarnation, max(at) AS last_word,
    max(at) FILTER (WHERE heard AND fact = 'incarnation_opened') AS opened_at,
    max(at) FILTER (WHERE heard AND fact = 'position') AS last_position_at,
    count_if(heard AND fact = 'incarnation_ended' AND incarnation = speaker) > 0 AS stopped
  FROM facts GROUP BY gateway, speaker),
-- Lives of which a later one has said that they ended, and has stated positions: behind all that it found of them.
succeeded AS (
  SELECT DISTINCT f.gateway, f.incarnation
  FROM facts AS f JOIN own AS s ON s.gateway = f.gateway AND s.incarnation = f.speaker
  WHERE f.heard AND f.incarnation <> f.speaker AND s.last_position_at IS NOT NULL
    AND f.fact = 'incarnation_ended'),
-- Where its sequences reach at least.
said AS (
  SELECT gateway, incarnation, stream, max(greatest(coalesce(next_sequence, 0), coalesce(end, 0))) AS end
  FROM facts WHERE fact IN ('position', 'incarnation_ended', 'segment_sealed', 'object_landed', 'range_damaged')
  GROUP BY gateway, incarnation, stream),
-- Batches of strong streams have no sequences: such a batch is acknowledged only after the fact of it is durable, so it
-- stands before every position that covers it. Batches of a ledger are numbered in that order.
missing AS (
  SELECT f.gateway, f.speaker AS incarnation, f.stream, min(f.ledger_batch) AS ledger_batch,
    min_by(f.landed_object, f.ledger_batch) AS object
  FROM facts AS f LEFT ANTI JOIN bronze_objects AS o ON o.object = f.landed_object AND o.rows = f.events
    AND o.gateway IS NULL AND o.ingested_at >= session.batches_from
  WHERE f.fact = 'batch_landed'
  GROUP BY f.gateway, f.speaker, f.stream),
positions AS (
  SELECT gateway, incarnation, stream, at, next_sequence, ledger_batch FROM facts WHERE fact = 'position' AND heard),
-- The first position that is not reached; a later one asks for no less.
unreached AS (
  SELECT gateway, incarnation, stream, min(at) AS at
  FROM (
    SELECT p.gateway, p.incarnation, p.stream, p.at
    FROM positions AS p
    LEFT JOIN life_progress AS l ON l.gateway = p.gateway AND l.incarnation = p.incarnation AND l.stream = p.stream
    WHERE p.next_sequence > coalesce(l.contiguous, 0)
    UNION ALL
    SELECT m.gateway, m.incarnation, m.stream, p.at
    FROM missing AS m
    JOIN positions AS p ON p.gateway = m.gateway AND p.incarnation = m.incarnation AND p.ledger_batch > m.ledger_batch)
  GROUP BY gateway, incarnation, stream),
before_it AS (
  SELECT u.gateway, u.incarnation, u.stream, max(p.at) AS at
  FROM unreached AS u
  LEFT JOIN positions AS p ON p.gateway = u.gateway AND p.incarnation = u.incarnation AND p.at < u.at
  GROUP BY u.gateway, u.incarnation, u.stream),
state AS (
  SELECT l.gateway, l.incarnation, s.stream, o.last_word,
    greatest(o.opened_at, CASE WHEN b.gateway IS NULL THEN o.last_position_at ELSE b.at END) AS complete_through,
    coalesce(o.stopped, false) OR r.gateway IS NOT NULL AS ended,
    w.gateway IS NOT NULL AS written_off,
    coalesce(p.contiguous, 0) AS contiguous, greatest(coalesce(t.end, 0), coalesce(p.seen, 0)) AS expected,
    coalesce(lp.contiguous, 0) AS ledger_contiguous,
    -- Where nobody says how far a life's ledger went, there may be more than nothing.
    (lp.contiguous > 0 OR lt.gateway IS NOT NULL) AND coalesce(lp.contiguous, 0) >= coalesce(lt.end, 0) AS has_ledger,
    m.object AS missing_object
  FROM lives AS l
  CROSS JOIN streams AS s
  LEFT JOIN own AS o ON o.gateway = l.gateway AND o.incarnation = l.incarnation
  LEFT JOIN succeeded AS r ON r.gateway = l.gateway AND r.incarnation = l.incarnation
  LEFT JOIN lake_written_off AS w ON w.gateway = l.gateway AND w.incarnation = l.incarnation
  LEFT JOIN life_progress AS p ON p.gateway = l.gateway AND p.incarnation = l.incarnation AND p.stream = s.stream
  LEFT JOIN life_progress AS lp ON lp.gateway = l.gateway AND lp.incarnation = l.incarnation AND lp.stream = '_ledger'
  LEFT JOIN said AS t ON t.gateway = l.gateway AND t.incarnation = l.incarnation AND t.stream = s.stream
  LEFT JOIN said AS lt ON lt.gateway = l.gateway AND lt.incarnation = l.incarnation AND lt.stream = '_ledger'
  LEFT JOIN missing AS m ON m.gateway = l.gateway AND m.incarnation = l.incarnation AND m.stream = s.stream
  LEFT JOIN before_it AS b ON b.gateway = l.gateway AND b.incarnation = l.incarnation AND b.stream = s.stream)
SELECT gateway, incarnation, stream, last_word, complete_through,
  CASE
    WHEN written_off THEN 'written_off'
    WHEN ended AND contiguous >= expected AND missing_object IS NULL AND has_ledger THEN 'done'
    WHEN missing_object IS NOT NULL THEN 'missing_object'
    WHEN contiguous < expected THEN 'missing'
    WHEN ledger_contiguous = 0 OR NOT has_ledger THEN 'ledger'
    ELSE 'silent' END AS state,
  contiguous, expected, missing_object
FROM state;

-- 4. What is complete stays so: of a life that has ended and is all there, nothing else is ever asked.
MERGE INTO finished_lives AS known USING (
  SELECT gateway, incarnation, max(last_word) AS last_word FROM life_completeness
  GROUP BY gateway, incarnation HAVING count_if(state <> 'done') = 0) AS new
ON known.gateway = new.gateway AND known.incarnation = new.incarnation
WHEN NOT MATCHED THEN INSERT (gateway, incarnation, last_word, finished_at)
  VALUES (new.gateway, new.incarnation, new.last_word, current_timestamp());

-- 5. Gateways: one is complete through the earliest time of its lives that are not done. One that is only registered has said
-- nothing yet. One whose lives are all done holds nothing back.
INSERT OVERWRITE completeness
WITH gateways AS (
  SELECT gateway, max(last_word) AS last_word
  FROM (
    SELECT gateway, last_word FROM life_completeness
    UNION ALL SELECT gateway, last_word FROM finished_lives
    UNION ALL SELECT gateway, CAST(NULL AS TIMESTAMP) FROM lake_gateways)
  GROUP BY gateway),
open AS (
  SELECT stream, gateway,
    CASE WHEN count(complete_through) = count(*) THEN min(complete_through) END AS complete_through,
    min_by(struct(incarnation, state), coalesce(complete_through, TIMESTAMP '1970-01-01 00:00:00')) AS held
  FROM life_completeness WHERE state NOT IN ('done', 'written_off')
  GROUP BY stream, gateway)
SELECT s.stream, g.gateway,
  CASE WHEN o.gateway IS NOT NULL THEN 'running' WHEN known.gateway IS NOT NULL THEN 'ended' ELSE 'expected' END AS state,
  CASE WHEN o.gateway IS NOT NULL THEN o.complete_through WHEN known.gateway IS NOT NULL THEN g.last_word END
    AS complete_through,
  o.held.incarnation AS held_back_by, o.held.state AS reason, current_timestamp() AS computed_at
FROM (SELECT DISTINCT stream FROM life_completeness UNION SELECT stream FROM life_progress) AS s
CROSS JOIN gateways AS g
LEFT JOIN open AS o ON o.stream = s.stream AND o.gateway = g.gateway
LEFT JOIN (SELECT DISTINCT gateway FROM (
  SELECT gateway FROM life_completeness UNION SELECT gateway FROM finished_lives)) AS known ON known.gateway = g.gateway;

INSERT INTO completeness_history
SELECT stream, complete_through, gateways, computed_at FROM stream_completeness;
