"""Erasure on bytes: real Delta tables (delta-rs) with the properties that ship, rewritten as the shipped SQL rewrites."""

import hashlib
import json
import pathlib
import re
import threading

import deltalake
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError
from events import audit, hour
from lake import SQL, statements

BOB = "bob@example.com"
PLAIN = deltalake.WriterProperties(compression="UNCOMPRESSED")


def properties(table):
    """The table's properties as they ship, those that delta-rs knows."""
    creation = re.compile(rf"CREATE (STREAMING )?TABLE (IF NOT EXISTS )?{table}\b")
    text, = [statement for path in SQL.rglob("*.sql") for statement in statements(path.read_text())
             if creation.search(statement)]
    found = dict(re.findall(r"'(delta\.[\w.]+)' = '([^']*)'", text))
    return {key: value for key, value in found.items()
            if key in ("delta.dataSkippingStatsColumns", "delta.deletedFileRetentionDuration")}


def lines(count, person, start=0):
    who = hashlib.sha256(person.encode()).hexdigest()[:8]
    return [json.dumps({"event_key": f"{who}-{n}", "batch_key": "b", "batch_index": n, "batch_size": count,
                        "producer": "p", "received_at": "2026-01-01T00:00:00.000000Z",
                        "payload": audit(f"{who}-{n}", hour(2), person)}, separators=(",", ":"))
            for n in range(start, start + count)]


def bronze_rows(raws, number):
    return pa.table({"raw": raws, "object": [f"audit_logs/date=2026-01-01/hour=00/a_0_{number}.json.gz"] * len(raws)})


def silver_rows(raws, number):
    payloads = [json.loads(raw)["payload"] for raw in raws]
    return pa.table({
        "event_id": [p["eventID"] for p in payloads], "user_identity": [p["userIdentity"]["userName"] for p in payloads],
        "request_params": [json.dumps(p["requestParameters"]) for p in payloads],
        "object": [f"audit_logs/date=2026-01-01/hour=00/a_0_{number}.json.gz"] * len(raws)})


def make_table(folder, rows, configuration):
    """Several commits: data of several people, and a compaction that leaves old files behind."""
    for number, people in enumerate((("ann@example.com", BOB), (BOB,), ("cyd@example.com",))):
        write_deltalake(folder, rows([raw for person in people for raw in lines(5, person, number * 5)], number),
                        mode="append", configuration=configuration, writer_properties=PLAIN)
    table = DeltaTable(folder)
    table.optimize.compact(writer_properties=PLAIN)
    return table


def files_with(folder, secret):
    """Files of the table and its log in which the bytes stand."""
    return sorted(path.name for path in pathlib.Path(folder).rglob("*") if path.is_file()
                  and secret.encode() in path.read_bytes())


@pytest.fixture(scope="module")
def rewrite(session):
    """The shipped functions, on Spark: what a line is after the erasure of whom it names."""
    for statement in statements((SQL / "erase/10_rewrite.sql").read_text()):
        if "TEMPORARY FUNCTION" in statement:
            session.sql(statement)

    def run(raws):
        rows = session.createDataFrame([(raw,) for raw in raws], "raw STRING")
        return [row[0] for row in session.sql(
            "SELECT without(raw, subject_of('audit_logs', raw)) FROM {rows}", rows=rows).collect()]
    return run


def erase(folder, column, key, rewritten):
    """The rows are replaced by their rewritten selves in one transaction, matched by key."""
    table = DeltaTable(folder)
    source = table.to_pyarrow_table().filter(pa.compute.match_substring(table.to_pyarrow_table()[column], BOB))
    new = rewritten(source)
    table.merge(new, f"t.{key} = s.{key} AND t.object = s.object", source_alias="s", target_alias="t",
                writer_properties=PLAIN).when_matched_update_all().execute()
    return source.num_rows


def purge_statements():
    """What erase/20_purge.sql does to which table, in order."""
    text = re.sub(r"--[^\n]*", "", (SQL / "erase/20_purge.sql").read_text())
    return re.findall(r"(REORG TABLE|VACUUM) (\w+)", text)


def purge(**folders):
    """The shipped file, on real tables: delta-rs does what REORG and VACUUM do; the retention is over."""
    for action, name in purge_statements():
        if name in folders and action == "VACUUM":
            DeltaTable(folders[name]).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        elif name in folders:
            DeltaTable(folders[name]).optimize.compact(writer_properties=PLAIN)


def test_no_byte_of_an_erased_value_stays_in_files_statistics_or_log(tmp_path, rewrite):
    bronze, silver = tmp_path / "bronze", tmp_path / "silver"
    make_table(bronze, lambda raws, n: bronze_rows(raws, n).append_column(
        "line", pa.array([hashlib.sha256(raw.encode()).hexdigest() for raw in raws])),
        properties("bronze_audit_logs"))
    make_table(silver, silver_rows, properties("silver_audit_logs"))
    assert files_with(bronze, BOB) and files_with(silver, BOB)
    assert not [name for folder in (bronze, silver) for name in files_with(folder / "_delta_log", BOB)], \
        "statistics hold a personal value"

    erased = erase(bronze, "raw", "line", lambda rows: rows.set_column(
        rows.schema.get_field_index("raw"), "raw", pa.array(rewrite(rows["raw"].to_pylist()))))
    erased_silver = erase(silver, "user_identity", "event_id", lambda rows: pa.table({
        **{name: rows[name] for name in rows.column_names},
        "user_identity": ["erased"] * rows.num_rows,
        "request_params": [text.replace(BOB, "erased") for text in rows["request_params"].to_pylist()]}))
    assert (erased, erased_silver) == (10, 10)
    assert files_with(bronze, BOB), "old files stay until the vacuum"

    purge(bronze_audit_logs=bronze, silver_audit_logs=silver)
    assert files_with(bronze, BOB) == [] and files_with(silver, BOB) == []
    assert files_with(bronze, "ann@example.com") and files_with(silver, "cyd@example.com")
    for folder in (bronze, silver):
        assert DeltaTable(folder).to_pyarrow_table().num_rows == 20
    payloads = [json.loads(raw)["payload"] for raw in DeltaTable(bronze).to_pyarrow_table()["raw"].to_pylist()]
    assert [p["userIdentity"]["userName"] for p in payloads].count("erased") == 10


def test_what_is_rewritten_is_purged_and_vacuumed():
    text = re.sub(r"--[^\n]*", "", (SQL / "erase/10_rewrite.sql").read_text())
    rewritten = set(re.findall(r"^(?:MERGE INTO|UPDATE|DELETE FROM) (\w+)", text, re.MULTILINE)) - {"erased_subjects"}
    for action in ("REORG TABLE", "VACUUM"):
        assert {name for done, name in purge_statements() if done == action} == rewritten


def test_with_statistics_of_every_column_the_log_would_keep_the_value(tmp_path):
    """The reason for the table properties, and the proof that the search above finds what is there."""
    make_table(tmp_path / "t", silver_rows, {})
    erase(tmp_path / "t", "user_identity", "event_id", lambda rows: pa.table({
        **{name: rows[name] for name in rows.column_names}, "user_identity": ["erased"] * rows.num_rows,
        "request_params": ["{}"] * rows.num_rows}))
    purge(silver_audit_logs=tmp_path / "t")
    assert files_with(tmp_path / "t", BOB) and all(name.endswith(".json") for name in files_with(tmp_path / "t", BOB))


def test_an_escaped_name_is_erased_too(rewrite):
    escaped = lines(1, "bob")[0].replace('"userName":"bob"', '"userName" : "b\\u006fb"')
    after = json.loads(rewrite([escaped])[0])["payload"]
    assert after["userIdentity"]["userName"] == "erased" and after["requestParameters"]["requestedBy"] == "erased"


def again_on_conflict(operation, tries=20):
    """What the job does with a task that fails: runs the whole file again."""
    for attempt in range(tries):
        try:
            return attempt, operation()
        except CommitFailedError:
            continue
    raise AssertionError(f"still in conflict after {tries} tries")


def test_writers_that_collide_try_again_and_end_right(tmp_path):
    folder = tmp_path / "t"
    make_table(folder, silver_rows, properties("silver_audit_logs"))
    digest = hashlib.sha256(BOB.encode()).hexdigest()
    predicate = f"encode(sha256(user_identity), 'hex') = '{digest}'"

    # Two that hold the same version: the second must fail, not overwrite.
    first, second = DeltaTable(folder), DeltaTable(folder)
    first.update(updates={"request_params": "'{}'"}, predicate=predicate)
    with pytest.raises(CommitFailedError, match="concurrent"):
        second.update(updates={"user_identity": "'erased'"}, predicate=predicate)

    # Many at once: appends by ingestion, compaction, and the erasure, each trying again.
    failures = []

    def append(writer):
        try:
            for n in range(4):
                again_on_conflict(lambda: write_deltalake(
                    folder, silver_rows(lines(1, f"w{writer}@example.com", n), n), mode="append"))
        except Exception as error:  # noqa: BLE001: reported below
            failures.append(error)

    def rewrite_rows():
        try:
            again_on_conflict(lambda: DeltaTable(folder).update(
                updates={"user_identity": "'erased'"}, predicate=predicate))
            again_on_conflict(lambda: DeltaTable(folder).optimize.compact())
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=append, args=(n,)) for n in range(3)] + [threading.Thread(target=rewrite_rows)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rows = DeltaTable(folder).to_pyarrow_table()
    people = rows["user_identity"].to_pylist()
    assert rows.num_rows == 20 + 12 and people.count("erased") == 10 and BOB not in people
    assert len(set(zip(rows["event_id"].to_pylist(), rows["object"].to_pylist()))) == 32
