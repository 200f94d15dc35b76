"""The servers as pytest fixtures: each is started once per session, and only when a test asks for it."""

import os

import pytest

from .ceph_server import CephServer
from .moto_server import MotoServer
from .server import StartFailed


@pytest.fixture(scope="session")
def moto():
    """moto's server. It must run everywhere, so a failed start is an error."""
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="session")
def ceph():
    """A Ceph RADOS Gateway, or a loud skip; with SLUICE_REQUIRE_CEPH=1 (CI) a failure."""
    server = CephServer()
    try:
        server.start()
    except StartFailed as error:
        if os.environ.get("SLUICE_REQUIRE_CEPH") == "1":
            raise
        pytest.skip(f"CEPH CAN'T RUN HERE: the tests against a second S3 server did not run: {error}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["moto", "ceph"])
def s3(request):
    """Each server in turn: a test that takes this runs against both."""
    return request.getfixturevalue(request.param)
