"""Many descriptors in one call: all or nothing, and two calls at once."""

import re
import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.actors import system_actor
from catalog.contracts.models import DataContract
from catalog.products.descriptors import process_files
from catalog.products.models import DataProduct
from tests.factories import DomainFactory, TeamFactory
from tests.factories.documents import contract_data, product_data, stream

TABLES = (
    *("products_dataproduct", "products_outputport", "products_revision", "products_portdataset"),
    *("contracts_datacontract", "contracts_contractversion", "contracts_schemaobject"),
    *("contracts_schemaproperty", "contracts_qualityrule", "contracts_sla"),
    *("search_searchentry", "search_searchword", "core_auditevent", "core_outboxevent"),
)


def checksums():
    """Of every row of the tables that an import writes."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
            )
            found[table] = cursor.fetchone()
    return found


def documents(count):
    """So many contracts and as many products that name them."""
    for at in range(count):
        yield contract_data(id=f"contract-{at}", name=f"Contract {at}")
        port = {**product_data()["outputPorts"][0], "contractId": f"contract-{at}"}
        yield product_data(id=f"product-{at}", name=f"Product {at}", outputPorts=[port])


@pytest.mark.django_db
def test_one_refused_among_300_changes_no_row_and_is_named(tmp_path, capsys):
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox"))
    first = list(documents(2))
    process_files(
        files=[("a", stream(*first))],
        mode="apply",
        actor=system_actor(),
        domain="sandbox",
        team="platform",
    )
    wrong = product_data(id="wrong", name="Wrong")
    wrong["outputPorts"][0]["contractId"] = "nowhere"
    path = tmp_path / "all.yaml"
    path.write_bytes(stream(*documents(150), wrong))
    before = checksums()

    with pytest.raises(SystemExit) as ending:
        call_command("apply", "--domain", "sandbox", "--team", "platform", str(path))

    assert ending.value.code == 2
    assert checksums() == before
    out = capsys.readouterr().out
    assert re.search(rf"^refused   DataProduct wrong .* {re.escape(str(path))}:\d+$", out, re.M)
    assert re.search(r"/outputPorts/0/contractId line \d+  error unknown-contract: .*apply it", out)
    assert "1 refused; nothing was changed" in out


def test_the_help_names_every_standard(capsys):
    with pytest.raises(SystemExit):
        call_command("apply", "--help", stdout=StringIO())

    told = " ".join(capsys.readouterr().out.split())
    assert all(name in told for name in ("ODPS", "ODCS", "Backstage", "DPDS"))


@pytest.mark.django_db(transaction=True)
def test_two_calls_with_the_same_documents_at_once_both_end_well():
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox"))
    every = list(documents(40))
    start, reports, errors = threading.Barrier(2), [], []

    def run(part):
        try:
            start.wait(10)
            reports.append(
                process_files(
                    files=[("a", stream(*part))],
                    mode="apply",
                    actor=system_actor(),
                    domain="sandbox",
                    team="platform",
                )
            )
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[part]) for part in (every, every[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not errors
    assert any(report.applied for report in reports)
    assert all(
        report.applied or {p.code for d in report.documents for p in d.problems} <= {"conflict"}
        for report in reports
    )
    assert (DataProduct.objects.count(), DataContract.objects.count()) == (40, 40)
