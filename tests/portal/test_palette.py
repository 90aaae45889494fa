"""The palette: what is offered, to whom, and what it costs."""

import pytest
from django.utils import timezone

from catalog.products.services.indexing import reindex
from catalog.quality.models import Incident
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationKind, OperationState
from tests.clients import browser
from tests.factories import ProductFactory, UserFactory, member_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def failed_job(actor_id: int, title: str) -> Operation:
    return Operation.objects.create(
        kind=OperationKind.CHECK,
        title=title,
        actor_id=actor_id,
        actor_name="x",
        spec={},
        state=OperationState.FAILED,
        deadline_at="2026-01-01T00:00Z",
        finished_at="2026-01-01T00:00Z",
    )


def test_products_actions_and_pages_stand_in_groups():
    reindex([ProductFactory(name="Territories", slug="territories").pk])

    text = browser(UserFactory()).get("/palette/", {"q": "te"}, headers=HTMX).content.decode()

    assert "<html" not in text
    assert text.index("<mark>Te</mark>rritories") < text.index("Ask for access to <mark>Te</mark>")
    assert 'href="/teams/"' in text
    assert 'href="/marketplace/?q=te"' in text


def test_without_script_it_is_a_page():
    page = browser(UserFactory()).get("/palette/")

    assert "<h1>Go to</h1>" in page.content.decode()
    assert 'href="/lineage/"' in page.content.decode()


def test_nobody_is_offered_what_they_may_not_see():
    hidden = ProductFactory(name="Zebra", slug="zebra", visibility="restricted")
    reindex([hidden.pk])
    somebody, other = UserFactory(), UserFactory()
    failed_job(other.pk, "Make the zebra")
    mine = failed_job(somebody.pk, "Make the zebra crossing")

    text = browser(somebody).get("/palette/", {"q": "zeb"}, headers=HTMX).content.decode()

    assert hidden.fqn not in text
    assert text.count("Retry Make the") == 1
    assert f"/operations/{mine.pk}/" in text


def test_what_nothing_is_called_like_leads_to_the_search():
    client = browser(UserFactory())

    assert "Nothing is called like that" in client.get("/palette/?q=qqq").content.decode()
    assert "/marketplace/?q=qqq" in client.get("/palette/?q=qqq", headers=HTMX).content.decode()


@pytest.mark.parametrize("text", ["\0", "<script>", "a" * 5_000, "%", "'\"", "🦓", "  "])
def test_odd_texts_are_no_error(text):
    page = browser(UserFactory()).get("/palette/", {"q": text})

    assert page.status_code == 200
    assert "<script>" not in page.content.decode().split("<main")[1]


def test_open_incidents_of_my_teams_are_found_by_their_words():
    product = ProductFactory(name="Orders")
    for title in ("Gaps in the night", "Prices are wrong"):
        Incident.objects.create(
            product=product, cause="manual", title=title, broke_at=timezone.now()
        )

    mine = browser(member_of(product.owner)).get("/palette/", {"q": "gaps"}, headers=HTMX)
    others = browser(UserFactory()).get("/palette/", {"q": "gaps"}, headers=HTMX)

    assert Incident.objects.get(title__startswith="Gaps").get_absolute_url() in str(mine.content)
    assert "Prices" not in str(mine.content)
    assert "/incidents/" not in str(others.content)


def test_it_costs_four_statements_beside_the_session(django_assert_max_num_queries):
    client = browser(UserFactory())
    client.get("/palette/", headers=HTMX)

    with django_assert_max_num_queries(6):
        client.get("/palette/", {"q": "order"}, headers=HTMX)
