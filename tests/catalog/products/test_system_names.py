"""A renamed system is still found by the name it had, everywhere, until its owner gives it up."""

from dataclasses import replace

import pytest

from catalog.products.data import InputData, ProductData, SystemData, SystemPortData
from catalog.products.models import FormerName, InputPort, System
from catalog.products.services import (
    put_system,
    release_system_name,
    save_product,
)
from core.errors import Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from tests.clients import browser, script
from tests.factories import DomainFactory, TeamFactory, UserFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
OLD, NEW = "sales.till", "sales.cash-desk"


@pytest.fixture
def team():
    return TeamFactory(slug="shop", domain=DomainFactory(path="sales", name="Sales"))


@pytest.fixture
def owner(team):
    return member_of(team)


@pytest.fixture
def data(team) -> SystemData:
    ports = (SystemPortData(name="db", kind="database"),)
    return SystemData("till", "Till", team.domain, team, ports=ports)


@pytest.fixture
def renamed(data, owner) -> System:
    put_system(data=data, actor=actor_for(owner))
    return put_system(data=replace(data, name="Cash desk"), actor=actor_for(owner))[0]


def test_the_old_name_leads_to_the_page_and_to_the_document(renamed):
    client = browser(UserFactory())

    page = client.get(f"/systems/{OLD}/?q=orders")
    document = client.get(f"/systems/{OLD}/ports/db/document/")

    assert (page.status_code, page["Location"]) == (301, f"/systems/{NEW}/?q=orders")
    assert (document.status_code, document["Location"]) == (
        301,
        f"/systems/{NEW}/ports/db/document/",
    )


def test_rest_and_graphql_find_it_by_the_old_name(renamed, owner):
    client = browser(owner)

    rest = client.get(f"/api/v1/systems/{OLD}").json()
    query = {"query": f'{{ system(fqn: "{OLD}") {{ fqn }} }}'}
    graph = client.post("/graphql/", query, content_type="application/json").json()

    assert rest["fqn"] == NEW
    assert graph["data"]["system"]["fqn"] == NEW


def test_inputs_that_name_it_as_it_was_stay_linked(renamed, team, owner):
    inputs = (InputData("a", system=f"{OLD}/db"), InputData("b", system=OLD))
    product = ProductData("p", "Sums", team.domain, team, inputs=inputs)

    save_product(data=product, actor=actor_for(owner))

    found = InputPort.objects.order_by("name").values_list("system", "system_port")
    assert list(found) == [(renamed.pk, renamed.ports.get().pk), (renamed.pk, None)]


def test_a_port_that_comes_later_is_linked_by_the_old_name(renamed, data, team, owner):
    inputs = (InputData("a", system=f"{OLD}/files"),)
    product = ProductData("p", "Sums", team.domain, team, inputs=inputs)
    save_product(data=product, actor=actor_for(owner))
    ports = (*data.ports, SystemPortData(name="files", kind="file"))

    put_system(data=replace(data, name="Cash desk", ports=ports), actor=actor_for(owner))

    assert InputPort.objects.get().system_port == renamed.ports.get(name="files")


def test_nobody_else_gets_the_old_name_and_the_system_may_go_back(renamed, data, team, owner):
    actor = actor_for(owner)
    other = replace(data, document_id="other")
    product = ProductData("p", "Till", team.domain, team)

    with pytest.raises(Invalid) as of_system:
        put_system(data=other, actor=actor)
    with pytest.raises(Invalid) as of_product:
        save_product(data=product, actor=actor)
    again = put_system(data=data, actor=actor)[0]

    codes = [each.code for refused in (of_system, of_product) for each in refused.value.problems]
    assert codes == ["name-taken", "name-taken"]
    assert again.fqn == OLD
    assert [each.fqn for each in FormerName.objects.all()] == [NEW]


def test_a_name_that_was_given_up_is_free(renamed, data, owner):
    actor = actor_for(owner)

    with pytest.raises(NotAllowed):
        release_system_name(system=renamed, fqn=OLD, actor=actor_for(UserFactory()))
    assert FormerName.objects.get().system == renamed
    release_system_name(system=renamed, fqn=OLD, actor=actor)

    assert AuditEvent.objects.get(verb="system.name-released").object_id == NEW
    assert put_system(data=replace(data, document_id="other"), actor=actor)[0].fqn == OLD
    with pytest.raises(NotFound):
        release_system_name(system=renamed, fqn=OLD, actor=actor)


def test_the_owner_gives_it_up_by_page_and_by_rest(renamed, data, owner):
    client, address = browser(owner), f"/systems/{NEW}/former-names/"

    assert f'action="{address}"' in client.get(f"/systems/{NEW}/").content.decode()
    assert address not in browser(UserFactory()).get(f"/systems/{NEW}/").content.decode()
    assert client.post(address, {"name": OLD})["Location"] == f"/systems/{NEW}/"
    assert client.get(f"/systems/{OLD}/").status_code == 404

    put_system(data=data, actor=actor_for(owner))
    answer = client.delete(f"/api/v1/systems/{OLD}/former-names/{NEW}", headers=script(owner))
    assert answer.status_code == 204
    assert not FormerName.objects.exists()
