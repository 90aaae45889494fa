"""Runs of checks, small: every rule has an answer, and as few passes as groups."""

import psycopg

from portal.bench.quality_runs import run
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture


def test_a_run_takes_a_pass_for_each_group_and_leaves_nothing(settings, warehouse_url):  # noqa: F811
    settings.WAREHOUSE_URL = warehouse_url

    result = run(rows=2_000, rules=40, takes=1)

    assert result.size == {"rows": 2_000, "rules": 40, "takes": 1}
    assert result.extra["rules evaluated"] == "40 of 40"
    assert result.extra["passes over the table"] == result.extra["groups of rules"] == 3
    with psycopg.connect(warehouse_url) as conn:
        left = conn.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dp_bench_quality%'"
        ).fetchone()
    assert left == (0,)
