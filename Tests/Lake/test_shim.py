"""The shim's rules, and that it does nothing else."""

import pytest
from shim import statements, to_spark


def test_settings_are_filled_in_and_missing_ones_named():
    assert to_spark("SELECT '${root}/x'", {"root": "/zone"})[0] == "SELECT '/zone/x'"
    with pytest.raises(KeyError, match="root"):
        to_spark("SELECT '${root}'", {})


def test_read_files_becomes_a_table_and_its_folder_is_told():
    sql, folders = to_spark(
        "SELECT value FROM STREAM read_files(\n '/zone/_ledger/', format => 'text', fileNamePattern => '*.gz') WHERE x",
        {})
    assert sql == "SELECT value FROM STREAM landing_ledger WHERE x"
    assert [(f.table, f.path, f.options) for f in folders] == [
        ("landing_ledger", "/zone/_ledger/", {"format": "text", "fileNamePattern": "*.gz"})]


def test_a_job_names_the_folder_by_a_parameter():
    sql, folders = to_spark(
        "SELECT value FROM read_files(:landing_path, format => 'text')", {"landing_path": "/zone/audit_logs"})
    assert (sql, folders[0].path) == ("SELECT value FROM landing_audit_logs", "/zone/audit_logs")


@pytest.mark.parametrize("clause", ["CLUSTER BY (a, b)", "cluster  by\n(a)", "CLUSTER BY AUTO"])
def test_cluster_by_goes(clause):
    assert to_spark(f"CREATE STREAMING TABLE t {clause} AS SELECT 1", {})[0].split() == \
        "CREATE STREAMING TABLE t AS SELECT 1".split()


@pytest.mark.parametrize("sql", [
    "SELECT 'CLUSTER BY (a)', \"STREAM read_files('x')\" -- CLUSTER BY (b)",
    "SELECT /* STREAM read_files( */ `CLUSTER BY (c)`",
    "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(v) KEYS (k) SEQUENCE BY s",
    "SELECT regexp_extract(object, '(\\\\d+)-(\\\\d+)\\\\.gz$', 1), 'it''s; fine'",
])
def test_everything_else_stays_as_it_is(sql):
    assert to_spark(sql, {}) == (sql, [])


def test_statements_are_split_at_semicolons_outside_of_text_and_blocks():
    assert statements("-- a; b\nSELECT ';';; BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END; SELECT 4") == [
        "-- a; b\nSELECT ';'", "BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END", "SELECT 4"]
    assert statements("SELECT CASE WHEN a THEN 'x' END; SELECT 1") == ["SELECT CASE WHEN a THEN 'x' END", "SELECT 1"]
    assert statements("-- only a comment") == []
