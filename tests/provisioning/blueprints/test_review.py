"""The review shows all and does nothing; sending does it once."""

import threading

import psycopg
import pytest
from django.db import connection
from django.test import Client

from core.models import AuditEvent
from provisioning.blueprints.models import Draft
from provisioning.blueprints.services import save_draft, submit_draft
from provisioning.jobs.models import Instance, Operation, OperationStep
from provisioning.requests.models import Request
from tests.factories import DomainFactory, sides_of
from tests.provisioning.blueprints.conftest import Shop, build_shop, posted

URL = "/services/data-product-postgresql/new/"
REVIEW = f"{URL}review/"


def counts(url: str) -> tuple[int, ...]:
    with psycopg.connect(url) as conn:
        found = conn.execute(
            "SELECT (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_roles)"
        ).fetchone()
    models = (Request, Operation, Instance, AuditEvent)
    return (*found, *(model.objects.count() for model in models))


def test_the_review_lists_effects_steps_and_the_decider_and_changes_nothing(page: Client, settings):
    page.post(URL, posted())
    before = counts(settings.WAREHOUSE_URL)

    response = page.get(REVIEW)

    assert response.status_code == 200
    for text in ("dp_store_returns_", "sales.store-returns", "You own Sales", "Starts at once"):
        assert text in response.text
    assert response.text.index("Check names and quota") < response.text.index("Quality checks")
    assert counts(settings.WAREHOUSE_URL) == before


@pytest.mark.parametrize(
    ("wanted", "text"),
    [("yaml", "kind: Request"), ("curl", "curl -X POST"), ("graphql", "mutation"), ("x", "kind:")],
)
def test_the_review_says_the_same_in_other_words(page: Client, wanted: str, text: str):
    page.post(URL, posted())

    response = page.get(f"{REVIEW}?as={wanted}")

    assert text in response.text
    assert "returned_on" in response.text


def test_a_warehouse_that_is_away_leaves_a_note_and_the_form_intact(page: Client, settings):
    settings.WAREHOUSE_URL = "postgresql://nobody@127.0.0.1:1/none"
    page.post(URL, posted())

    response = page.get(REVIEW)

    assert response.status_code == 200
    assert "could not be looked up" in response.text


def test_without_a_draft_or_with_a_wrong_one_the_review_leads_back_to_the_form(page: Client):
    assert page.get(REVIEW).url == URL
    page.post(URL, posted(domain="atlantis"))
    assert page.get(REVIEW).url == f"{URL}?check=1"
    assert page.post(REVIEW, {"instance": "nonsense"}).status_code == 404


def test_sending_makes_one_request_and_one_operation_and_forgets_the_draft(page: Client):
    page.post(URL, posted())
    draft = Draft.objects.get()

    sent = page.post(REVIEW, {"instance": str(draft.instance_id), "note": "For the spring"})

    request = Request.objects.get()
    assert sent.url == request.get_absolute_url()
    assert request.state == "running"
    assert request.purpose == "For the spring"
    assert request.instance_id == draft.instance_id
    assert request.operation == Operation.objects.get()
    names = list(OperationStep.objects.order_by("n").values_list("name", flat=True))
    assert names == [
        "Check names and quota",
        "Contract",
        "Catalogue entry",
        "Schema",
        "Tables from the contract",
        "Reader and writer roles",
        "Repository",
        "Quality checks",
    ]
    assert not Draft.objects.exists()


def test_sending_the_same_draft_again_gives_the_first_request(page: Client):
    page.post(URL, posted())
    body = {"instance": str(Draft.objects.get().instance_id), "note": ""}

    first, second = page.post(REVIEW, body), page.post(REVIEW, body)

    assert first.url == second.url
    assert Request.objects.count() == Operation.objects.count() == 1


def test_a_draft_that_became_wrong_makes_nothing(page: Client, shop: Shop):
    page.post(URL, posted())
    DomainFactory(path="sales.store-returns", parent=shop.sales)

    body = {"instance": str(Draft.objects.get().instance_id)}
    response = page.post(REVIEW, body, follow=True)

    assert "already used in Sales" in response.text
    assert not Request.objects.exists()
    assert Draft.objects.exists()


def test_nobody_sends_the_draft_of_somebody_else(page: Client, shop: Shop):
    page.post(URL, posted())
    other = Client()
    other.force_login(shop.outsider)

    response = other.post(REVIEW, {"instance": str(Draft.objects.get().instance_id)})

    assert response.status_code == 404
    assert not Request.objects.exists()


def test_a_contributor_asks_and_the_domains_owner_decides(shop: Shop, client: Client):
    client.force_login(shop.helper)
    client.post(URL, posted())

    review = client.get(REVIEW)
    client.post(REVIEW, {"instance": str(Draft.objects.get().instance_id), "note": ""})

    request = Request.objects.get()
    assert "Sales Data team" in review.text
    assert "Needed" in review.text
    assert (request.state, sides_of(request), request.operation) == ("waiting", [shop.team], None)
    assert not Operation.objects.exists()


def test_two_that_send_one_draft_at_once_make_one_request(
    transactional_db, settings, warehouse_url
):
    shop = build_shop(settings, warehouse_url)
    client = Client()
    client.force_login(shop.owner)
    client.post(URL, posted())
    draft = Draft.objects.get()
    start = threading.Barrier(2)
    sent = []

    def send() -> None:
        start.wait()
        filed = submit_draft(
            blueprint=shop.blueprint,
            actor=shop.owns,
            purpose="",
            instance_id=draft.instance_id,
        )
        sent.append(filed.pk)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert Request.objects.count() == Operation.objects.count() == 1


def test_saving_a_draft_again_keeps_its_instance(shop: Shop):
    first = save_draft(blueprint=shop.blueprint, actor=shop.owns, values={"name": "a"})
    second = save_draft(blueprint=shop.blueprint, actor=shop.owns, values={"name": "b"})

    assert first.instance_id == second.instance_id
    assert Draft.objects.get().values == {"name": "b"}
