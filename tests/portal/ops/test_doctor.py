"""What `doctor` says of a database that is there."""

import psycopg
import pytest

from core import audit
from core.sealing import seal
from portal.ops.doctor import _audit
from tests.core.tampering import sql
from tests.provisioning.jobs.processes import database_url


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("age", "is_sealed", "result"),
    [("1 minute", False, "ok"), ("11 minutes", False, "warn"), ("11 minutes", True, "ok")],
)
def test_it_warns_when_the_audit_log_is_long_not_sealed(age, is_sealed, result):
    for _ in range(2):
        audit.record(actor="owner", verb="v", kind="k", object_id="o")
    sql("UPDATE core_auditevent SET at = at - %s::interval", age)
    if is_sealed:
        seal()

    with psycopg.connect(database_url()) as connection:
        (finding,) = _audit(connection)

    assert (finding.check, finding.result) == ("audit", result)
