"""Mistakes put into the lake's SQL on purpose, one at a time: each must fail the test that is for it.

mutants.py [WORD...]    those whose file, text or test has one of the words; all without
"""

import dataclasses
import os
import pathlib
import shutil
import sys
import tempfile
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "deploy" / "databricks" / "sql"


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    old: str
    new: str
    test: str


MATRIX = "test_fault_matrix.py::test_"
COUNTS = MATRIX + "bronze_quarantine_and_silver_hold_exactly_what_was_sent"
ONCE = MATRIX + "numbers_keep_their_digits_and_unknown_fields_are_kept"
REPLAY = MATRIX + "redelivery_replay_and_erasure_change_no_count_and_no_sum"
RETENTION = MATRIX + "retention_takes_what_is_old_and_nothing_that_completeness_needs"
DRIFT = MATRIX + "a_new_a_retyped_and_a_vanished_field_are_seen_as_drift"
ZONE = "test_completeness.py::test_of_a_whole_zone_only_the_life_that_was_cut_off_holds_streams_back"
TORN = "test_completeness.py::test_an_object_that_lacks_a_line_is_as_one_that_is_not_there"
GAP = "test_completeness.py::test_a_gap_of_one_event_is_a_gap"
EXPECTED = "test_completeness.py::test_a_registered_gateway_that_has_never_spoken_holds_every_stream_back"
VERIFY = "test_completeness.py::test_the_sql_says_what_verify_says_whatever_is_missing"
EDGE = "test_closing.py::test_an_hour_closes_when_its_end_plus_grace_is_complete_and_not_an_instant_before"
UNUSED = "test_closing.py::test_hours_that_nobody_used_close_as_well"
STAYS = "test_closing.py::test_a_closed_hour_stays_and_adjustments_state_each_difference_once"
DIED = "test_closing.py::test_a_run_that_died_is_gone_on_with"
CHECKS = "test_checks.py::test_a_fault_is_found_by_its_check_alone"
NIGHTLY = "test_checks.py::test_what_the_nightly_run_finds_is_not_hidden_by_the_next_one_and_what_is_repaired_is_gone"

ADVANCE, CLOSE = "ops/advance_completeness.sql", "ops/close_billing_hours.sql"
BILLING, AUDIT, JOBS, METRICS = (f"silver/{name}.sql" for name in (
    "20_billing_usage", "30_audit_logs", "40_job_events", "50_cluster_metrics"))
BRONZE, LANDING = "ops/replay_from_bronze.sql", "ops/replay_from_landing.sql"

MUTANTS = [
    # Silver: which of several arrivals wins.
    Mutant(BILLING, "replay * 4000000000000000 - unix_micros", "replay * 4000000000000000 + unix_micros", ONCE),
    Mutant(AUDIT, "replay * 4000000000000000 - unix_micros", "replay * 4000000000000000 + unix_micros", ONCE),
    Mutant(AUDIT, "KEYS (event_date, event_id)", "KEYS (event_date, event_id, object)", COUNTS),
    Mutant(BILLING, "KEYS (record_id)", "KEYS (record_id, batch_key)", COUNTS),
    # Silver: what is refused.
    Mutant(BILLING, ">= 1e11 THEN 1000 ELSE", ">= 1e11 THEN 1000000 ELSE", ONCE),
    Mutant(BILLING, "usage_quantity < 0 AND", "usage_quantity < -1 AND", COUNTS),
    Mutant(BILLING, "INTERVAL 30 DAYS", "INTERVAL 28 DAYS", COUNTS),
    Mutant(AUDIT, "INTERVAL 30 DAYS", "INTERVAL 32 DAYS", COUNTS),
    Mutant(AUDIT, "INTERVAL 1 HOUR", "INTERVAL 30 MINUTES", COUNTS),
    Mutant(METRICS, "mem_used_percent NOT BETWEEN 0 AND 100", "mem_used_percent NOT BETWEEN 0 AND 101", COUNTS),
    Mutant(METRICS, "cpu_user_percent NOT BETWEEN 0 AND 100", "cpu_user_percent > 100", COUNTS),
    Mutant(JOBS, "'no_job_id'", "NULL", COUNTS),
    Mutant("silver/60_quarantine.sql", "object, stream, producer, batch_key, batch_index,", "object, stream,", COUNTS),
    Mutant("silver/60_quarantine.sql", "CASE WHEN batch_index IS NULL THEN raw END", "raw", REPLAY),
    # Silver: who is erased stays so.
    Mutant(AUDIT, "ON e.subject_sha256 = sha2(t.user_identity, 256)", "ON e.subject_sha256 = t.user_identity", REPLAY),
    Mutant("silver/70_identities.sql", "sha2(i.token, 256)", "i.token", REPLAY),
    # Completeness.
    Mutant(ADVANCE, "'_(\\\\d+)-(\\\\d+)\\\\.json\\\\.gz$', 2), '') AS BIGINT) + 1 AS end", "'_(\\\\d+)-(\\\\d+)\\\\.json\\\\.gz$', 2), '') AS BIGINT) AS end", ZONE),
    Mutant(ADVANCE, "CASE WHEN o.rows = o.end - o.first THEN o.end ELSE 0L END", "o.end", TORN),
    Mutant(ADVANCE, "AND o.rows = f.events", "", TORN),
    Mutant(ADVANCE, "p.next_sequence > coalesce(l.contiguous, 0)", "p.next_sequence >= coalesce(l.contiguous, 0)", ZONE),
    Mutant(ADVANCE, "WHEN first > reached THEN", "WHEN first > reached + 1 THEN", GAP),
    Mutant(ADVANCE, "UNION ALL SELECT gateway, CAST(NULL AS TIMESTAMP) FROM lake_gateways", "", EXPECTED),
    Mutant(ADVANCE, "WHERE state NOT IN ('done', 'written_off')", "WHERE state NOT IN ('done')", ZONE),
    Mutant(ADVANCE, "CASE WHEN count(complete_through) = count(*) THEN min(complete_through) END", "max(complete_through)", VERIFY),
    Mutant(ADVANCE, "WHERE f.fact = 'range_damaged'", "WHERE false", ZONE),
    Mutant(ADVANCE, "HAVING lost_from < c.expected AND", "HAVING false AND", ZONE),
    Mutant(ADVANCE, "(lp.contiguous > 0 OR lt.gateway IS NOT NULL) AND", "lp.contiguous > 0 AND", ZONE),
    Mutant("ops/tables.sql", "THEN min(complete_through) FILTER", "THEN max(complete_through) FILTER", ZONE),
    # Hours that close.
    Mutant(CLOSE, "- make_interval(0, 0, 0, 0, 0, 0, :grace_seconds)", "", EDGE),
    Mutant(CLOSE, "session.complete_through - INTERVAL 1 HOUR", "session.complete_through", EDGE),
    Mutant(CLOSE, "u.usage_hour <= session.last_hour", "u.usage_hour < session.last_hour", EDGE),
    Mutant(CLOSE, "WHERE stream = 'billing_usage'", "WHERE stream = 'audit_logs'", EDGE),
    Mutant(CLOSE, "ON done.usage_hour = u.usage_hour", "ON done.usage_hour = u.usage_hour AND done.records > 0", UNUSED),
    Mutant(CLOSE, "FROM billing_adjustments)", "FROM billing_adjustments WHERE false)", STAYS),
    Mutant(CLOSE, "WHERE records <> 0 OR usage_quantity <> 0", "WHERE usage_quantity <> 0", STAYS),
    Mutant(CLOSE, "LEFT JOIN billing_hourly AS b ON", "LEFT JOIN usage_hourly_now AS b ON", DIED),
    # Replay.
    Mutant(BILLING, "replay * 4000000000000000", "sign(replay) * 4000000000000000", REPLAY),
    Mutant(AUDIT, "replay * 4000000000000000", "0L", REPLAY),
    Mutant(BRONZE, "UNION SELECT object FROM silver_cluster_metrics WHERE session.replay_stream = 'cluster_metrics'", "", REPLAY),
    Mutant(BRONZE, "WHERE replay = session.replay_number\n", "WHERE false\n", REPLAY),
    Mutant(LANDING, "AS known ON known.object = f.object", "AS known ON false", REPLAY),
    # Retention.
    Mutant("ops/retention.sql", "DELETE FROM bronze_job_events WHERE ingested_at", "DELETE FROM bronze_job_events WHERE landed_at", RETENTION),
    Mutant("ops/retention.sql", "DELETE FROM silver_billing_usage WHERE usage_date <", "DELETE FROM silver_billing_usage WHERE usage_date >", RETENTION),
    Mutant("ops/retention.sql", "WHERE at < last_at", "WHERE at <= last_at", RETENTION),
    # Erasure.
    Mutant("erase/10_rewrite.sql", "replace(raw, subject, 'erased'),", "raw,", REPLAY),
    Mutant("erase/10_rewrite.sql", "  owned_by = 'erased'\n", "  owned_by = owned_by\n", REPLAY),
    Mutant("erase/10_rewrite.sql", "ON t.line_id = s.line_id", "ON t.line_id = s.line_id AND t.origin = 'gateway'", REPLAY),
    Mutant("erase/10_rewrite.sql", "'\"value\"\\\\s*:", "'\"valve\"\\\\s*:", REPLAY),
    # Checks.
    Mutant("checks/checks.sql", "'object_rows', f.stream, count_if(coalesce(o.rows, -1) <> f.events)", "'object_rows', f.stream, count_if(o.rows <> f.events)", CHECKS),
    Mutant("checks/checks.sql", "t.number) > 1 AS broken", "t.number) > 2 AS broken", CHECKS),
    Mutant("checks/checks.sql", "GROUP BY usage_hour, account_id, workspace_id, sku_name, usage_unit", "GROUP BY usage_hour, sku_name, usage_unit", CHECKS),
    Mutant("checks/checks.sql", "OR c.usage_quantity <> coalesce(b.usage_quantity, 0)", "", CHECKS),
    Mutant("ops/views.sql", "newest.days = r.days AND newest.run_at = r.run_at", "newest.run_at = r.run_at", NIGHTLY),
    Mutant("ops/views.sql", "WHERE b.types <> n.types", "WHERE b.types < n.types", DRIFT),
    Mutant("checks/observe_schema.sql", "THEN 'NUMBER'", "THEN type", DRIFT),
]


class Outcome:
    """What pytest says of a run, without its words."""

    def __init__(self):
        self.passed, self.failures = 0, []

    def pytest_runtest_logreport(self, report):
        self.passed += report.when == "call" and report.passed
        if report.failed:
            self.failures.append(report.longreprtext)

    def invalid(self):
        """Whether the SQL does not run at all: then the tests say nothing about what it does."""
        return any("ParseException" in text or "[UNRESOLVED" in text or "AnalysisException" in text for text in self.failures)


def run(pytest, tests):
    outcome = Outcome()
    code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "--no-header", "--no-summary", "--capture=fd",
                        *(str(HERE / test) for test in tests)], plugins=[outcome])
    if code not in (0, 1):
        sys.exit(f"pytest ended with {code}: {' '.join(tests)}")
    return outcome


def main(words):
    chosen = [m for m in MUTANTS if not words or any(word in f"{m.file} {m.old} {m.new} {m.test}" for word in words)]
    for m in chosen:
        if (count := (SHIPPED / m.file).read_text().count(m.old)) != 1:
            sys.exit(f"{m.file} has {m.old!r} {count} times")
    with tempfile.TemporaryDirectory(prefix="sluice-mutants-") as folder:
        copy = pathlib.Path(folder) / "sql"
        shutil.copytree(SHIPPED, copy)
        os.environ["SLUICE_LAKE_SQL"] = str(copy)
        sys.path[:0] = [str(HERE), str(HERE.parent / "Blackbox")]
        warnings.simplefilter("ignore")
        import lake
        import pytest
        # One Spark and one zone for all: the gateways have no mistake.
        session = lake.start_session(pathlib.Path(folder) / "spark")
        stop, session.stop = session.stop, lambda: None
        lake.start_session = lambda work: session
        import test_completeness
        made, make_zone = pathlib.Path(folder) / "zones", test_completeness.make_zone
        test_completeness.make_zone = lambda _: made / "zone" if made.exists() else make_zone(made)

        outcome = run(pytest, sorted({m.test for m in chosen}))
        if outcome.failures:
            sys.exit("without a mistake these tests fail:\n" + "\n".join(outcome.failures))
        missed = []
        for number, m in enumerate(chosen, 1):
            start, shipped = time.monotonic(), (copy / m.file).read_text()
            (copy / m.file).write_text(shipped.replace(m.old, m.new))
            outcome = run(pytest, [m.test])
            (copy / m.file).write_text(shipped)
            said = "INVALID" if outcome.invalid() else "caught" if outcome.failures else "MISSED"
            missed += [m] if said != "caught" else []
            print(f"{number}/{len(chosen)} {said} in {time.monotonic() - start:.0f} s: {m.file}: {m.old!r} -> {m.new!r}", flush=True)
        stop()
    print(f"{len(chosen) - len(missed)} of {len(chosen)} mutants caught")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
