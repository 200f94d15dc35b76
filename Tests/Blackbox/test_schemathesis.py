"""Both OpenAPI documents, driven against the running server by schemathesis: no answer that is not described, no 500."""

import pathlib
import subprocess
import sys

from control import Control

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What the documents promise of every answer. Each run is bounded in examples and in time.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def drive(document, url, *options, seconds=90):
    result = subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", str(ROOT / document), "--url", url,
         "--checks", CHECKS, "--phases", "examples,fuzzing", "--max-examples", "25", "--seed", "1",
         "--generation-database", "none", *options],
        capture_output=True, text=True, timeout=seconds)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_the_data_plane_answers_as_described(gateway):
    drive("openapi.yaml", f"http://127.0.0.1:{gateway.port}")
    assert gateway.process.poll() is None


def test_the_control_plane_answers_as_described(gateway):
    # Not the feed, which does not end by itself.
    drive("openapi-control.yaml", f"http://127.0.0.1:{gateway.control_port}", "--exclude-path", "/v1/events")
    assert gateway.process.poll() is None
    entries = Control(gateway).trail()
    assert entries and [entry["number"] for entry in entries] == list(range(entries[0]["number"], entries[0]["number"] + len(entries)))
