"""The real server, driven from outside: fixtures shared by the black-box tests."""

import collections
import os
import pathlib
import shutil
import tempfile

import pytest

from gateway import Gateway, binary
from s3.fixtures import ceph, moto, s3  # noqa: F401  (fixtures)
from torture import shortfalls
from zones import DirectoryZone

ROOT = pathlib.Path(__file__).resolve().parents[2]


def data_file(name: str) -> pathlib.Path:
    """A file of real input, or a loud skip."""
    folder = pathlib.Path(os.environ.get("SLUICE_DATA", ROOT.parent / "shared" / "data"))
    path = folder / name
    if not path.exists():
        pytest.skip(f"REAL INPUT IS ABSENT: {name}; set SLUICE_DATA to its folder", allow_module_level=False)
    return path


def vectors(name: str) -> pathlib.Path:
    """A folder of test vectors, or a loud skip."""
    folder = pathlib.Path(os.environ.get("SLUICE_VECTORS", ROOT.parent / "shared" / "vectors"))
    path = folder / name
    if not path.exists():
        pytest.skip(f"TEST VECTORS ARE ABSENT: {name}; set SLUICE_VECTORS to their folder")
    return path


@pytest.fixture
def injected(record_property):
    """Tells the closing report what was done to the server, and how often."""
    return lambda what, count=1: record_property("injected", (what, int(count)))


def injections(terminalreporter):
    """What was injected how often, in tests that then found every acknowledged event landed once."""
    done = collections.Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "injected" and report.when == "call":
                done[value[0]] += value[1]
    return done


def torture_shortfalls(terminalreporter):
    """What the long form falls short of; nothing is asked of any other run."""
    if os.environ.get("SLUICE_TORTURE") != "1":
        return []
    skipped = [report.nodeid for report in terminalreporter.stats.get("skipped", [])]
    return shortfalls(injections(terminalreporter), skipped)


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and torture_shortfalls(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """What was injected, and what did not run, whatever the options: a skip that nobody sees is a test that nobody has."""
    for what, count in sorted(injections(terminalreporter).items()):
        terminalreporter.write_line(f"injected: {count:,} x {what}; nothing acknowledged was lost or doubled")
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"DID NOT RUN: {report.nodeid}: {reason}", red=True, bold=True)
    for line in torture_shortfalls(terminalreporter):
        terminalreporter.write_line(f"TORTURE FELL SHORT: {line}", red=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def built():
    if not binary().exists():
        pytest.exit(f"{binary()} is not built: run `make build` first", returncode=3)


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def zone(folder):
    """Where the gateway lands: a directory, unless a module says otherwise."""
    return DirectoryZone(folder / "landing")


@pytest.fixture
def gateway(folder, zone):
    """A running gateway with short roll times; stopped at the end."""
    with Gateway(folder, zone=zone) as running:
        yield running
