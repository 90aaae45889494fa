"""What was made is changed, upgraded and retired by requests, jobs and records like the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actors import system_actor
from core.errors import Invalid, InvalidTransition, NotAllowed
from provisioning.blueprints.models import Blueprint, Resource
from provisioning.blueprints.services import (
    register_blueprint,
    request_change,
    request_retirement,
    request_service,
    resource_of,
)
from provisioning.blueprints.states import Action
from provisioning.drivers import registry
from provisioning.jobs.models import Effect, Instance, Operation
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import TeamFactory, member_of, sides_of
from tests.factories import actor_for as acts
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.blueprints.documents import SHELVES, put, shelf
from tests.provisioning.jobs.shelf import Shelf, permanent

GIVEN = {"name": "First", "domain": "sales", "channel": "mail", "address": "High Street"}
Make = Callable[..., Resource]


@pytest.fixture
def target(monkeypatch) -> Shelf:
    monkeypatch.setattr(registry, "_drivers", dict(registry._drivers))
    found = Shelf()
    registry.register(found)
    return found


@pytest.fixture
def make(shop: Shop, target: Shelf) -> Make:
    """`make(colour="blue")`: a shelf that is there."""
    register_blueprint(text=SHELVES, owner=shop.team, actor=system_actor())

    def made(**changes: Any) -> Resource:
        given = {**GIVEN, **changes}
        return made_of(
            request_service(blueprint=newest(), parameters=given, purpose="x", actor=shop.owns)
        )

    return made


def newest():
    return Blueprint.objects.select_related("current").get(slug="shelf")


def made_of(filed) -> Resource:
    run_due()
    request = Request.objects.get(pk=filed.pk)
    assert request.state == "succeeded", request.reason
    found = resource_of(request.instance_id)
    assert found is not None
    return found


def change(resource: Resource, actor, action=Action.UPDATE, **changes: Any):
    given = {**resource.parameters, **changes}
    return request_change(
        resource=resource, action=action, parameters=given, purpose="", actor=actor
    )


def on_shelf(target: Shelf, resource: Resource) -> set[str]:
    return {name for instance, name in target.things if instance == resource.pk}


def test_any_kind_is_made_with_its_name_domain_owner_and_results(make: Make, shop: Shop, target):
    resource = make()

    instance = resource.instance
    assert (instance.kind, instance.name, instance.plan) == ("shelf", "sales.first", "shelf@1")
    assert (instance.domain, instance.owner) == (shop.sales, shop.team)
    assert on_shelf(target, resource) == {
        "sales-first",
        "first",
        "letters to High Street",
        "kept first",
    }
    assert resource.results == [
        {"label": "Where", "value": "sales.first in red", "url": ""},
        {
            "label": "Docs",
            "value": "https://shelf.example/First",
            "url": "https://shelf.example/First",
        },
    ]
    assert (resource.generation, resource.parameters) == (1, GIVEN)


def test_a_change_plans_the_difference_and_takes_away_what_no_longer_applies(
    make: Make, shop: Shop, target
):
    resource = make()

    changed = made_of(change(resource, shop.owns, channel="none", label="other"))

    assert on_shelf(target, changed) == {"other", "sales-first", "first", "kept first"}
    assert changed.generation == changed.instance.generation == 2
    assert changed.instance.observed_generation == 2
    operation = Operation.objects.get(kind="update")
    assert operation.instance == resource.instance
    assert "letters to High Street" not in str(changed.instance.desired_spec)
    assert not Effect.objects.filter(name="letters to High Street", removed_at=None).exists()


def test_names_stay_and_another_one_is_refused(make: Make, shop: Shop):
    resource = make()

    with pytest.raises(Invalid) as refusal:
        change(resource, shop.owns, name="Second", colour="blue")

    assert [(p.pointer, p.code) for p in refusal.value.problems] == [("/name", "fixed")]
    assert Request.objects.count() == 1


def test_asking_for_what_is_there_already_is_no_change(make: Make, shop: Shop):
    with pytest.raises(Invalid, match="Nothing would change"):
        change(make(), shop.owns)


def test_a_change_follows_the_same_approval_and_one_is_open_at_a_time(make: Make, shop: Shop):
    resource = make()

    filed = change(resource, shop.helps, colour="blue")

    request = Request.objects.get(pk=filed.pk)
    assert (request.state, sides_of(request), request.title) == (
        "waiting",
        [shop.team],
        "Change shelf sales.first",
    )
    with pytest.raises(InvalidTransition, match="Another request"):
        change(resource, shop.owns, colour="blue")
    decide(request=request, actor=shop.owns, approve=True, note="")
    run_due()
    assert resource_of(resource.pk).parameters["colour"] == "blue"


def test_nobody_else_changes_or_retires_it(make: Make, shop: Shop):
    resource = make()
    outsider = acts(shop.outsider)

    with pytest.raises(NotAllowed):
        change(resource, outsider, colour="blue")
    with pytest.raises(NotAllowed):
        request_retirement(resource=resource, purpose="", actor=outsider)
    assert Request.objects.count() == 1


def test_a_change_that_fails_half_way_leaves_the_old_generation_on_record_and_says_so(
    make: Make, shop: Shop, target, client: Client
):
    resource = make()
    target.faults["letters to Low Road"] = permanent()

    filed = change(resource, shop.owns, address="Low Road")
    run_due()

    assert Request.objects.get(pk=filed.pk).state == "failed"
    kept = resource_of(resource.pk)
    assert (kept.generation, kept.parameters["address"]) == (1, "High Street")
    assert (kept.instance.observed_generation, kept.instance.generation) == (1, 2)
    client.force_login(shop.owner)
    page = client.get(f"/resources/{resource.pk}/").text
    assert "The last change did not finish" in page
    assert "On record is generation 1" in page
    assert "The shelf has no room." in page
    again = made_of(change(kept, shop.owns, address="Low Road"))
    assert (again.generation, again.parameters["address"]) == (3, "Low Road")
    assert "The last change did not finish" not in client.get(f"/resources/{resource.pk}/").text


def test_what_is_to_be_kept_survives_an_undoing(shop: Shop, make: Make, target):
    text = shelf(put("steps", 2, "depends_on", to=["for-ever"]))
    register_blueprint(text=text, owner=shop.team, actor=system_actor())
    target.faults["letters to Low Road"] = permanent()

    filed = request_service(
        blueprint=newest(),
        parameters={**GIVEN, "name": "Fail", "address": "Low Road"},
        purpose="x",
        actor=shop.owns,
    )
    run_due()

    assert Request.objects.get(pk=filed.pk).state == "failed"
    assert {name for _, name in target.things} == {"kept fail"}
    assert Instance.objects.get(name="sales.fail").observed_state == "absent"


def test_the_form_of_a_change_shows_the_present_and_the_review_the_difference(
    make: Make, shop: Shop, client: Client
):
    resource = make()
    client.force_login(shop.owner)
    url = f"/resources/{resource.pk}/update/"
    page = client.get(f"/resources/{resource.pk}/").text
    form = client.get(url).text
    shown = "channel address colour label"
    typed = {"channel": "post", "address": "Low Road", "colour": "red", "label": "", "shown": shown}

    same = client.post(url, {**typed, "channel": "mail", "address": "High Street", "review": "1"})
    nothing = client.post(f"{url}review/", {"instance": str(resource.pk)}, follow=True)
    changed = client.post(url, {**typed, "review": "1"})
    review = client.get(changed.url).text
    sent = client.post(changed.url, {"instance": str(resource.pk), "note": "Moved"})
    again = client.post(changed.url, {"instance": str(resource.pk)})

    assert url in page
    assert "High Street" in page
    assert 'value="High Street"' in form
    assert 'name="name"' not in form  # what it is called stays
    assert same.status_code == 302
    assert "Change something" in nothing.text
    assert changed.url == f"{url}review/"
    for text in ("2 changes", "High Street", "Low Road", "Change shelf sales.first", "instance:"):
        assert text in review, text
    assert sent.url == again.url == Request.objects.get(purpose="Moved").get_absolute_url()
    run_due()
    kept = resource_of(resource.pk)
    assert kept.parameters == {**GIVEN, "channel": "post", "address": "Low Road", "colour": "red"}


def test_retiring_by_hand_lists_what_goes_and_asks_for_the_name(
    make: Make, shop: Shop, client: Client, target
):
    resource = make()
    client.force_login(shop.owner)
    url = f"/resources/{resource.pk}/retire/"

    page = client.get(url).text
    refused = client.post(url, {"confirm": "other"})
    sent = client.post(url, {"confirm": "first", "reason": "Done with it"})
    run_due()

    for text in ("letters to High Street", "What stays", "For ever"):
        assert text in page
    assert refused.status_code == 422
    assert sent.url == Request.objects.get(purpose="Done with it").get_absolute_url()
    assert on_shelf(target, resource) == {"kept first"}
    assert "Removed" in client.get(f"/resources/{resource.pk}/").text


def test_what_a_version_made_is_listed_with_a_button_to_upgrade(
    make: Make, shop: Shop, client: Client
):
    resource = make()
    register_blueprint(text=shelf(put("title", to="Newer")), owner=shop.team, actor=system_actor())
    client.force_login(shop.owner)
    page = client.get("/services/shelf/?tab=made&version=1").text
    client.force_login(shop.outsider)
    hidden = client.get("/services/shelf/?tab=made&version=1").text

    assert f"/resources/{resource.pk}/upgrade/" in page
    assert "Everything made from version 1" in page
    assert "sales.first" not in hidden
    assert "1 more" in hidden


def test_an_upgrade_asks_for_new_fields_and_moves_to_the_newer_version(
    make: Make, shop: Shop, target
):
    old = make()
    with pytest.raises(InvalidTransition, match="newest"):
        change(old, shop.owns, Action.UPGRADE)
    text = shelf(
        put("parameters", "properties", "size", to={"type": "integer", "title": "Size"}),
        put("parameters", "required", to=["name", "domain", "size"]),
        put("parameters", "properties", "address", to=...),
        put(
            "steps",
            2,
            to={"name": "Sizes", "driver": "shelf", "action": "put", "spec": {"name": "size"}},
        ),
        put("example", to={"name": "First", "domain": "sales", "size": 1}),
    )
    register_blueprint(text=text, owner=shop.team, actor=system_actor())
    resource = resource_of(old.pk)

    with pytest.raises(Invalid) as missing:
        request_change(
            resource=resource,
            action=Action.UPGRADE,
            parameters={"channel": "none"},
            purpose="",
            actor=shop.owns,
        )
    filed = request_change(
        resource=resource,
        action=Action.UPGRADE,
        parameters={"channel": "none", "size": 3},
        purpose="",
        actor=shop.owns,
    )
    upgraded = made_of(filed)

    assert [p.pointer for p in missing.value.problems] == ["/size"]
    assert Request.objects.get(pk=filed.pk).title == "Upgrade shelf sales.first to version 2"
    assert (upgraded.version.number, upgraded.instance.plan) == (2, "shelf@2")
    assert upgraded.parameters == {"name": "First", "domain": "sales", "channel": "none", "size": 3}
    assert on_shelf(target, upgraded) == {"sales-first", "first", "size", "kept first"}


def test_retiring_removes_everything_but_what_is_to_be_kept(make: Make, shop: Shop, target):
    resource = make()

    filed = request_retirement(resource=resource, purpose="Not needed", actor=shop.owns)
    run_due()

    assert Request.objects.get(pk=filed.pk).state == "succeeded"
    assert on_shelf(target, resource) == {"kept first"}
    assert Instance.objects.get(pk=resource.pk).observed_state == "absent"
    with pytest.raises(InvalidTransition):
        change(resource_of(resource.pk), shop.owns, colour="blue")


def test_two_teams_decide_one_after_the_other(shop: Shop, target):
    safety = TeamFactory(slug="safety", name="Safety team")
    sara = acts(member_of(safety, username="sara"))
    text = shelf(put("approval", to="owner+team:safety"))
    register_blueprint(text=text, owner=shop.team, actor=system_actor())
    filed = request_service(blueprint=newest(), parameters=GIVEN, purpose="x", actor=shop.helps)
    request = Request.objects.get(pk=filed.pk)

    with pytest.raises(NotAllowed):
        decide(request=request, actor=sara, approve=True, note="")
    decide(request=request, actor=shop.owns, approve=True, note="fine")
    request = Request.objects.get(pk=filed.pk)
    assert (request.state, request.operation) == ("waiting", None)
    assert [each.team for each in request.open_approvals] == [safety]
    with pytest.raises(InvalidTransition, match="already"):
        decide(request=request, actor=shop.owns, approve=True, note="")
    decide(request=request, actor=sara, approve=True, note="")

    request = Request.objects.get(pk=filed.pk)
    assert request.state == "running"
    assert [each.decided_by.username for each in request.decisions.all()] == ["olga", "sara"]


@pytest.mark.parametrize(
    ("approval", "sides"),
    [("none", []), ("team:safety", ["safety"]), ("owner", ["sales-data"])],
)
def test_the_document_says_who_decides(shop: Shop, target, approval, sides):
    TeamFactory(slug="safety")
    text = shelf(put("approval", to=approval))
    register_blueprint(text=text, owner=shop.team, actor=system_actor())

    filed = request_service(blueprint=newest(), parameters=GIVEN, purpose="x", actor=shop.helps)

    request = Request.objects.get(pk=filed.pk)
    assert [each.slug for each in sides_of(request)] == sides


def test_a_quota_is_counted_before_any_effect_and_frees_again(make: Make, shop: Shop, target):
    text = shelf(put("quota", to={"team": 1}))
    register_blueprint(text=text, owner=shop.team, actor=system_actor())
    first = make()

    with pytest.raises(Invalid) as refusal:
        make(name="Another")
    assert [p.code for p in refusal.value.problems] == ["quota-reached"]
    assert not [name for _, name in target.things if "another" in name]
    request_retirement(resource=first, purpose="", actor=shop.owns)
    run_due()
    assert make(name="Another").instance.name == "sales.another"


def test_a_name_is_taken_while_its_thing_lives(make: Make, shop: Shop):
    make()

    with pytest.raises(Invalid) as refusal:
        make()
    assert [(p.pointer, p.code) for p in refusal.value.problems] == [("/name", "name-taken")]


def test_a_hidden_field_is_neither_required_nor_kept(make: Make):
    resource = make(channel="none", express=True, address="High Street")

    steps = [each["name"] for each in resource.instance.desired_spec["steps"]]
    assert steps == ["First thing", "Second", "For ever"]
