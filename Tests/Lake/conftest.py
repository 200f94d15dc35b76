import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Blackbox")]

import lake  # noqa: E402


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    """One Spark for all tests: starting one takes longer than most tests."""
    spark = lake.start_session(tmp_path_factory.mktemp("spark"))
    yield spark
    spark.stop()
