"""`make torture` fails when it injected less than it promises: what decides that, and that the session's end asks it."""

import os
import pathlib
import subprocess
import sys

from torture import MINIMUMS, shortfalls


def test_shortfalls_name_what_is_short_of_which_minimum():
    assert shortfalls(MINIMUMS) == []
    assert shortfalls({**MINIMUMS, "a full disk": 21, "something else": 1}) == []
    assert shortfalls({**MINIMUMS, "a full disk": 19}) == ["19 x a full disk, of at least 20"]
    assert shortfalls({**MINIMUMS, "kill -9 under load": 0}) == ["0 x kill -9 under load, of at least 500"]
    assert len(shortfalls({})) == len(MINIMUMS) == 4


def test_shortfalls_name_every_skipped_test():
    assert shortfalls(MINIMUMS, ["test_faults.py::test_a"]) == ["test_faults.py::test_a was skipped"]
    assert len(shortfalls({}, ["a", "b"])) == len(MINIMUMS) + 2


def test_every_minimum_is_of_something_that_a_test_counts():
    sources = [path.read_text() for path in pathlib.Path(__file__).parent.glob("test_*.py")]
    for what in MINIMUMS:
        assert any(f'injected("{what}"' in source for source in sources), what


def test_only_the_long_form_fails_where_it_falls_short():
    def run(**variables):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "shortfalls_name_what"]
        environment = {name: value for name, value in os.environ.items() if name != "SLUICE_TORTURE"}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**environment, **variables})

    short, normal = run(SLUICE_TORTURE="1"), run()
    assert normal.returncode == 0 and "TORTURE" not in normal.stdout, normal.stdout + normal.stderr
    assert short.returncode == 1 and "1 passed" in short.stdout, short.stdout + short.stderr
    assert "TORTURE FELL SHORT: 0 x a full disk, of at least 20\n" in short.stdout
