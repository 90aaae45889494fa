"""What `doctor` says of a database and a mail server that are there, or not."""

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from core import audit
from core.sealing import seal
from portal.ops.doctor import _audit, mail
from tests.chaos.proxy import free_port
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


def test_it_says_whether_the_mail_server_takes_mail(monkeypatch):
    port = free_port()
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    answers = {
        "": "ok",
        f"smtp://127.0.0.1:{port}?tls=0": "ok",
        f"smtp://127.0.0.1:{port}": "warn",  # it has no STARTTLS
        f"smtp://me:secret@127.0.0.1:{port}?tls=0": "warn",
        "smtp://127.0.0.1:1?tls=0": "warn",
        "mail.example.org": "fail",
    }
    try:
        for url, result in answers.items():
            monkeypatch.setenv("EMAIL_URL", url)
            found = mail()
            assert (found.result, "secret" in found.text) == (result, False), url
    finally:
        server.stop()
