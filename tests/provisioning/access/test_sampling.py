"""A few rows, for those who may read them: as their grant shows them, classified columns masked."""

import pytest
from django.urls import reverse

from core.errors import InvalidTransition, NotAllowed, Unavailable
from core.models import AuditEvent
from provisioning.access.models import Grant
from provisioning.access.services import revoke_grant, sample_rows
from provisioning.jobs.services.work import run_due
from provisioning.requests.services import decide
from tests.provisioning.access.test_narrow import described, row  # noqa: F401 - a shared fixture
from tests.provisioning.access.test_pages import signed_in


def shown(grant, actor) -> list[tuple]:
    (sample,) = sample_rows(grant=grant, actor=actor)
    return sorted(sample.rows, key=str)


def url_of(grant) -> str:
    return reverse("access:sample", args=[grant.pk])


def test_the_holders_see_rows_and_it_is_written_down(company, granted):
    assert shown(granted, company.asks) == [("A-1", "12"), ("A-2", "30")]

    event = AuditEvent.objects.get(verb="sample.shown")
    assert (event.actor, event.detail["objects"]) == (company.consumer.username, ["orders"])


def test_nobody_else_does_not_even_the_owner(company, granted):
    with pytest.raises(NotAllowed):
        sample_rows(grant=granted, actor=company.owns)
    revoke_grant(grant=granted, actor=company.owns, reason="")
    with pytest.raises(InvalidTransition):
        sample_rows(grant=granted, actor=company.asks)
    assert not AuditEvent.objects.filter(verb="sample.shown").exists()


def test_what_the_grant_does_not_give_is_not_shown(described, ask):  # noqa: F811
    narrow = {"orders": {"columns": ["order_id"], "rows": [row("greater", 20)]}}
    decide(request=ask(narrow=narrow), actor=described.owns, approve=True, note="")
    run_due()

    (sample,) = sample_rows(grant=Grant.objects.get(), actor=described.asks)

    assert (sample.columns, sample.rows) == (("order_id",), (("A-2",),))


@pytest.mark.parametrize(
    ("level", "masked"), [("confidential", True), ("PII", True), ("internal", False), ("", False)]
)
def test_a_classified_column_is_masked(described, granted, level, masked):  # noqa: F811
    described.port.contract_version.objects_described.get().properties.filter(name="amount").update(
        classification=level
    )
    grant = Grant.objects.get(pk=granted.pk)

    (sample,) = sample_rows(grant=grant, actor=described.asks)

    assert sample.masked == ({"amount"} if masked else set())
    assert {values[1] for values in sample.rows} == ({None} if masked else {"12", "30"})


def test_a_warehouse_that_is_away_says_so_and_nothing_breaks(company, granted, settings):
    settings.WAREHOUSE_URL = "postgresql://127.0.0.1:1/none"

    with pytest.raises(Unavailable):
        sample_rows(grant=granted, actor=company.asks)
    client = signed_in(company.consumer)
    part = client.post(url_of(granted), headers={"HX-Request": "true"})
    assert "cannot be reached" in part.content.decode()
    assert client.post(url_of(granted))["Location"] == granted.get_absolute_url()


def test_the_schema_tab_and_the_port_offer_it_to_who_may_read(company, granted):
    tab = f"{company.port.product.get_absolute_url()}?tab=schema"
    pages = (tab, company.port.get_absolute_url())

    reader = signed_in(company.consumer)

    for page in pages:
        assert "Show ten rows" in reader.get(page).content.decode()
        assert "Show ten rows" not in signed_in(company.owner).get(page).content.decode()
    told = reader.post(url_of(granted)).content.decode()
    assert "<h1>Some rows" in told
    assert "A-1" in told
    part = reader.post(url_of(granted), headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" not in part
    assert "A-1" in part
