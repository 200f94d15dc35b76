"""Many simulated worlds, by the release binary: cuts, crashes, failing disks, and every promise checked."""

import json
import os
import subprocess

import pytest

from gateway import binary

# Most of what goes wrong does so early: many short worlds, and some long ones.
WORLDS = int(os.environ.get("SLUICE_WORLDS", "3000"))
LONG_WORLDS = int(os.environ.get("SLUICE_LONG_WORLDS", "60"))


def simulate(*arguments):
    return subprocess.run([str(binary()), "simulate", *arguments], capture_output=True, text=True, timeout=3600)


@pytest.mark.parametrize("runs, hours", [(WORLDS, 0.1), (LONG_WORLDS, 1)])
def test_every_promise_holds_in_many_worlds(runs, hours):
    run = simulate("--seed", "1", "--runs", str(runs), "--hours", str(hours))
    assert run.returncode == 0, run.stdout[-4000:]
    print(run.stdout.strip())


def test_a_seed_makes_the_same_world_again():
    first, second = (simulate("--seed", "42", "--json") for _ in range(2))
    assert first.returncode == 0 and first.stdout == second.stdout
    assert json.loads(first.stdout)["summary"]["batches"] > 100


def test_bad_arguments_are_refused():
    for arguments in (["--hours", "0"], ["--runs", "0"], ["--hours", "x"]):
        assert simulate(*arguments).returncode not in (0, 1), arguments
