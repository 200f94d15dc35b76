"""Landing zones as a stranger sees them: a directory, or an S3 bucket read with another client than the gateway's."""

import concurrent.futures
import pathlib
import tempfile


class DirectoryZone:
    """The landing directory of one gateway."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    @property
    def settings(self):
        return {"kind": "directory", "directory": str(self.directory)}

    environment = {}

    def names(self, stream):
        """The names of the stream's objects, in order."""
        folder = self.directory / stream
        found = folder.rglob("*.json.gz") if folder.exists() else []
        return sorted(path.relative_to(self.directory).as_posix() for path in found)

    def read(self, name) -> bytes:
        return (self.directory / name).read_bytes()

    def local(self):
        """A directory that holds the whole zone, for `sluice verify`."""
        return self.directory


class S3Zone:
    """A bucket on one of the tests' S3 servers, reached by the gateway at an endpoint of the test's choice."""

    def __init__(self, server, bucket=None, endpoint=None, prefix="", **settings):
        self.server = server
        self.bucket = bucket or server.fresh_bucket()
        self.endpoint = endpoint or server.endpoint
        self.prefix = prefix
        self._settings = settings
        self._cache = {}

    @property
    def settings(self):
        return {
            "kind": "s3", "bucket": self.bucket, "region": self.server.region, "endpoint": self.endpoint,
            "prefix": self.prefix, **self._settings}

    @property
    def environment(self):
        return {"AWS_ACCESS_KEY_ID": self.server.access_key, "AWS_SECRET_ACCESS_KEY": self.server.secret_key}

    @property
    def _root(self):
        return f"{self.prefix}/" if self.prefix else ""

    def names(self, stream):
        keys = self.server.keys(self.bucket, f"{self._root}{stream}/")
        return [key.removeprefix(self._root) for key in keys if key.endswith(".json.gz")]

    def all_names(self):
        """The names of all objects, in one listing."""
        return [key.removeprefix(self._root) for key in self.server.keys(self.bucket, self._root)]

    def read(self, name) -> bytes:
        # Objects never change, and that is held by the proxy's record; so one read is enough.
        if name not in self._cache:
            self._cache[name] = self.server.bytes(self.bucket, self._root + name)
        return self._cache[name]

    def local(self):
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-mirror-")
        root = pathlib.Path(self._folder.name)

        def copy(name):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(self.read(name))

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(copy, self.all_names()))
        return root
