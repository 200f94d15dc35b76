"""Runs the shipped lake on this machine: Spark 4.3's declarative pipelines over what a gateway landed."""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

from shim import statements, to_spark

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Blackbox"))
from ports import free_port  # noqa: E402

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
# Plans of short queries are most of the work: the optimizing compiler would cost more than it gives back.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "deploy" / "databricks"
# `mutants.py` runs the tests on a copy with a mistake in it.
SQL = pathlib.Path(os.environ.get("SLUICE_LAKE_SQL", BUNDLE / "sql"))
STREAMS = ("audit_logs", "job_events", "billing_usage", "cluster_metrics",
           "identities", "deletions", "_ledger", "_quarantine", "_trail")
SCHEMA = "spark_catalog.default"
# What the jobs pass to their SQL, as text like they do; the bundle's values are for clocks of hours and days.
PARAMETERS = {
    "grace_seconds": "0", "adjust_days": "32", "days": "32", "lag_seconds": "0",
    "freshness_slack_seconds": "3600", "hours": "2", "sample": "1",
}


def build_catalog(folder: pathlib.Path) -> pathlib.Path:
    """Compiles the test catalog against Spark's jars."""
    import pyspark
    if shutil.which("javac") is None:
        raise SystemExit("Java 17 or later with javac is needed: `make lake-deps` installs it")
    folder.mkdir(parents=True, exist_ok=True)
    classes = folder / "classes"
    services = classes / "META-INF" / "services"
    services.mkdir(parents=True, exist_ok=True)
    jars = pathlib.Path(pyspark.__file__).parent / "jars" / "*"
    sources = sorted(map(str, (pathlib.Path(__file__).parent / "catalog").glob("*.java")))
    subprocess.run(["javac", "-nowarn", "-cp", str(jars), "-d", str(classes), *sources], check=True)
    (services / "org.apache.spark.sql.sources.DataSourceRegister").write_text("testdelta.TestDelta\n")
    jar = folder / "testdelta.jar"
    subprocess.run(["jar", "cf", str(jar), "-C", str(classes), "."], check=True)
    return jar


def start_session(work: pathlib.Path, driver_memory="2g"):
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client.core import DefaultChannelBuilder
    # Spark's own choice is one port for all, which a second session on this machine would find taken.
    port = free_port()
    DefaultChannelBuilder.default_port = staticmethod(lambda: port)
    jar = str(build_catalog(work / "catalog"))
    return (SparkSession.builder.remote("local[2]")
            .config("spark.jars", jar).config("spark.driver.extraClassPath", jar)
            .config("spark.connect.grpc.binding.port", str(port))
            .config("spark.driver.memory", driver_memory)
            # Plans are also most of the garbage: in a small young generation it is collected all the time.
            .config("spark.driver.extraJavaOptions", "-Xms1200m -Xmn700m")
            .config("spark.sql.catalog.spark_catalog", "testdelta.TestDeltaCatalog")
            .config("spark.sql.warehouse.dir", str(work / "warehouse"))
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "ERROR")
            # A few rows per table: planning and compiling is all the work.
            .config("spark.sql.codegen.wholeStage", "false").config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.sql.connect.serverStacktrace.enabled", "false")
            .config("spark.sql.pyspark.jvmStacktrace.enabled", "false")
            # Nobody looks at what was run: no text of plans, which are long, and none of the past.
            .config("spark.sql.maxPlanStringLength", "1000").config("spark.sql.ui.explainMode", "simple")
            .config("spark.sql.ui.retainedExecutions", "1").config("spark.ui.retainedJobs", "1")
            .config("spark.ui.retainedStages", "1").config("spark.ui.retainedTasks", "1")
            .config("spark.sql.streaming.stopTimeout", "30s")
            .getOrCreate())


class Lake:
    """One lake over one landing folder. Its tables start empty; `update` is one run of the pipelines."""

    def __init__(self, session, landing, work, parameters=None):
        self.session = session
        self.landing = pathlib.Path(landing)
        self.work = pathlib.Path(work)
        self.parameters = {"schema": SCHEMA, **PARAMETERS, **(parameters or {})}
        self.settings = {"landing_root": str(self.landing)}
        self.reset()
        self.run_file("ops/tables.sql")

    def reset(self):
        """Drops every table of an earlier lake in this session."""
        for row in self.session.sql("SHOW TABLES IN default").collect():
            if not row.isTemporary:
                self.session.sql(f"DROP TABLE IF EXISTS default.`{row.tableName}`")
        shutil.rmtree(self.work / "checkpoints", ignore_errors=True)

    # Pipelines

    def files(self, *layers):
        return [pathlib.Path(path) for layer in layers for path in sorted(glob.glob(str(SQL / layer / "*.sql")))]

    def update(self, files=None):
        """One update of all pipelines' files (or of some), as one graph; raises when a flow fails."""
        from pyspark.pipelines.spark_connect_graph_element_registry import SparkConnectGraphElementRegistry
        from pyspark.pipelines.spark_connect_pipeline import create_dataflow_graph, start_run
        from pyspark.sql.connect import proto
        graph = create_dataflow_graph(
            self.session, default_catalog="spark_catalog", default_database="default", sql_conf={})
        registry = SparkConnectGraphElementRegistry(self.session, graph)
        for path in files or self.files("bronze", "silver", "gold"):
            sql, folders = to_spark(path.read_text(), self.settings)
            for folder in folders:
                self.make_landing_table(folder)
            registry.register_sql(sql, path)
        events = start_run(
            self.session, graph, full_refresh=[], full_refresh_all=False, refresh=[], dry=False,
            storage=f"file://{self.work}/checkpoints")
        try:
            for _ in events:
                pass
        finally:
            # Else the session keeps the graph, with every plan of it, until it ends.
            command = proto.Command()
            command.pipeline_command.drop_dataflow_graph.dataflow_graph_id = graph
            self.session.client.execute_command(command)

    def make_landing_table(self, folder):
        pathlib.Path(folder.path).mkdir(parents=True, exist_ok=True)
        self.session.sql(
            f"CREATE TABLE IF NOT EXISTS default.{folder.table} (value STRING) USING {folder.options['format']} "
            f"OPTIONS (recursiveFileLookup 'true', pathGlobFilter '{folder.options['fileNamePattern']}') "
            f"LOCATION '{folder.path}'")

    # Jobs

    def run_file(self, name, **parameters):
        """A SQL task of a job: every statement of the file in order. Returns the last one's rows."""
        return self.run_text((SQL / name).read_text(), **parameters)

    def run_text(self, text, **parameters):
        values = {**self.parameters, **parameters}
        rows = []
        text, folders = to_spark(text, values)
        for folder in folders:
            self.make_landing_table(folder)
        for statement in statements(text):
            used = {key: value for key, value in values.items() if re.search(rf":{key}\b", statement)}
            rows = self.session.sql(statement, args=used or None).collect()
        return rows

    def cycle(self, files=None, **parameters):
        """One round of the job `refresh`: pipelines, completeness, billing."""
        self.update(files)
        self.run_file("ops/advance_completeness.sql", **parameters)
        self.run_file("ops/close_billing_hours.sql", **parameters)
        if files is None:
            self.run_file("ops/silver_progress.sql", **parameters)

    def rows(self, query, **parameters):
        return [row.asDict(recursive=True) for row in self.run_text(query, **parameters)]

    def value(self, query, **parameters):
        return self.run_text(query, **parameters)[0][0]

    def count(self, table, where="true"):
        return self.value(f"SELECT count(*) FROM {table} WHERE {where}")
