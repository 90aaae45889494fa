"""Starting over with what was asked for before."""

import pytest

from accounts.actors import system_actor
from provisioning.blueprints.models import Draft
from provisioning.blueprints.services import withdraw_blueprint
from provisioning.requests import services
from provisioning.requests.models import Request
from provisioning.requests.states import RequestState
from tests.clients import browser
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.requests.conftest import Ask


@pytest.fixture
def rejected(shop: Shop, ask: Ask) -> Request:
    request = ask(name="Store visits")
    services.decide(request=request, approve=False, note="Too early.", actor=shop.owns)
    request.refresh_from_db()
    return request


def start_over(user, request: Request):
    return browser(user).post(f"/requests/{request.pk}/again/", follow=True)


def test_the_form_holds_what_was_asked_for(shop: Shop, rejected: Request):
    assert "Start over" in browser(shop.helper).get(rejected.get_absolute_url()).text

    page = start_over(shop.helper, rejected)

    assert page.redirect_chain[-1][0] == f"/services/{shop.blueprint.slug}/new/"
    assert 'value="Store visits"' in page.text
    draft = Draft.objects.get(user=shop.helper)
    assert draft.purpose == "For the spring range."
    assert draft.instance_id != rejected.instance_id


def test_what_is_typed_into_the_form_by_now_is_not_thrown_away(shop: Shop, rejected: Request):
    Draft.objects.create(user=shop.helper, blueprint=shop.blueprint, values={"name": "Other"})

    page = start_over(shop.helper, rejected)

    assert "that was not sent" in page.text
    assert Draft.objects.get(user=shop.helper).values == {"name": "Other"}


def test_only_what_came_to_nothing_is_started_over_and_only_by_whoever_asked(
    shop: Shop, ask: Ask, rejected: Request
):
    waiting = ask(name="Store returns")

    assert "Start over" not in browser(shop.owner).get(rejected.get_absolute_url()).text
    assert start_over(shop.owner, rejected).status_code == 403
    assert start_over(shop.helper, waiting).status_code == 409
    assert start_over(shop.outsider, rejected).status_code == 404
    assert not Draft.objects.exists()


def test_a_service_that_is_offered_no_more_says_so(shop: Shop, rejected: Request):
    withdraw_blueprint(blueprint=shop.blueprint, actor=system_actor())

    page = start_over(shop.helper, rejected)

    assert "offered no more" in page.text
    assert RequestState.REJECTED.label in page.text
