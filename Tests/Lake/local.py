"""`make lake`: what a local gateway has landed, through Bronze and Silver to Gold, on this machine.

local.py LANDING_DIRECTORY
"""

import pathlib
import sys
import tempfile
import warnings

from lake import SQL, STREAMS, Lake, start_session


def gold(lake):
    """What there is on every layer, as text."""
    lines = ["Bronze (lines)"]
    lines += [f"  {stream:16} {lake.count('bronze_' + stream.lstrip('_')):8}" for stream in STREAMS]
    sections = {
        "Refused lines, by reason": "SELECT stream, origin, array_join(reasons, ', ') AS reasons, count(*) AS lines "
                                    "FROM silver_quarantine GROUP BY ALL ORDER BY ALL",
        "Complete through": "SELECT stream, complete_through, slowest_gateway FROM stream_completeness ORDER BY stream",
        "Billing, hours that are closed": "SELECT usage_hour, account_id, sku_name, records, usage_quantity, adjustments "
                                          "FROM billing_final ORDER BY ALL LIMIT 50",
        "Usage as known now": "SELECT usage_hour, account_id, sku_name, records, usage_quantity, closed FROM usage_live "
                              "ORDER BY ALL LIMIT 50",
        "Job runs": "SELECT hour, job_id, runs, failed, complete FROM job_failures ORDER BY ALL LIMIT 50",
        "Clusters": "SELECT hour, cluster_id, samples, cpu_percent_max, complete FROM cluster_health ORDER BY ALL LIMIT 50",
        "Audit": "SELECT hour, service_name, action_name, events, errors, complete FROM audit_activity "
                 "ORDER BY ALL LIMIT 50",
    }
    for title, query in sections.items():
        rows = lake.rows(query)
        lines += ["", title] + (grid(rows) if rows else ["  nothing yet"])
    return "\n".join(lines)


def grid(rows):
    table = [list(rows[0])] + [["" if value is None else str(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]


def main(landing):
    warnings.simplefilter("ignore")
    if not landing.is_dir():
        sys.exit(f"{landing} is not there yet: start a gateway with `make run`, post events to it, then run this again")
    with tempfile.TemporaryDirectory(prefix="sluice-lake-") as work:
        session = start_session(pathlib.Path(work))
        lake = Lake(session, landing.resolve(), pathlib.Path(work) / "lake")
        lake.cycle()
        lake.update([SQL / "gold/30_customer_usage_daily.sql"])  # The report of the hours that closed just now.
        lake.run_file("ops/views.sql")
        print(gold(lake))
        session.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
