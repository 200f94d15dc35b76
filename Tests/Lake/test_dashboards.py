"""The dashboards are whole, and every query of theirs and the alerts' gives an answer on the stand-in that `make lake-bench` times
them on. On Spark they run in test_fault_matrix."""

import json
import re

import pytest
import sqlglot
from dashboards import ALERT_QUERIES, DASHBOARDS, QUERIES, connect, generate, run
from lake import BUNDLE


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_a_dashboard_is_whole(path):
    """Every widget reads a dataset that is there, shows fields that it asked for, and has a place of its own."""
    board = json.loads(path.read_text())
    names = {dataset["name"] for dataset in board["datasets"]}
    used, seen = set(), set()
    for page in board["pages"]:
        taken = set()
        for item in page["layout"]:
            widget, position = item["widget"], item["position"]
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}", widget["name"]) and widget["name"] not in seen
            seen.add(widget["name"])
            cells = {(x, y) for x in range(position["x"], position["x"] + position["width"])
                     for y in range(position["y"], position["y"] + position["height"])}
            assert not cells & taken and max(x for x, _ in cells) < 6, f"{widget['name']} overlaps"
            taken |= cells
            query = widget["queries"][0]["query"]
            used.add(query["datasetName"])
            fields = {field["name"] for field in query["fields"]}
            assert set(re.findall(r'"fieldName": "([^"]*)"', json.dumps(widget["spec"]))) == fields, widget["name"]
            sql = QUERIES[f"{path.name.split('.')[0]}/{query['datasetName']}"]
            selected = {column.alias_or_name for column in sqlglot.parse_one(sql, dialect="databricks").expressions}
            assert fields <= selected, widget["name"]
    assert used == names


def test_every_query_that_ships_is_timed_and_has_rows_to_work_on(tmp_path):
    """Two days of what `make lake-bench` has thirteen months of."""
    store = connect(tmp_path / "lake.duckdb")
    generate(store, 48)
    answers = {name: rows for name, rows, _ in run(store)}
    shipped = sum(path.read_text().count('"queryLines"') for path in DASHBOARDS)
    shipped += (BUNDLE / "resources" / "alerts.yml").read_text().count("query_text:")
    assert len(answers) == shipped == len(QUERIES) + len(ALERT_QUERIES)
    assert [name for name, rows in answers.items() if not rows] == []
    for name in ALERT_QUERIES:
        (value,), = answers[name]
        assert value is not None and float(value) < 900_000, f"{name} says that nothing is there"
    layers = {(row[0], row[1]) for row in answers["operations/freshness"]}
    assert layers == {("gold", "billing_usage"), ("bronze", "_ledger")} | {
        (layer, stream) for layer in ("bronze", "silver")
        for stream in ("audit_logs", "job_events", "billing_usage", "cluster_metrics")}
