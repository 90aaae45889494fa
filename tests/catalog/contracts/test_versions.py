"""Contract versions: kept verbatim, owned, immutable once published."""

import pytest

from accounts.actors import system_actor
from catalog.contracts import selectors, services
from catalog.contracts.models import ContractVersion, DataContract, SchemaObject
from catalog.contracts.policies import IdOwnedElsewhere
from catalog.contracts.services import Offer, VersionContentDiffers
from catalog.search.models import SearchEntry
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEvent
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)
from tests.factories.documents import contract_data, document

pytestmark = pytest.mark.django_db


def save(data, team=None, actor=None, **values):
    team = team or TeamFactory()
    return services.save_version(
        document=document(data),
        actor=actor or system_actor(),
        owner=team,
        domain=team.domain,
        **values,
    )


def test_a_version_keeps_its_text_and_gets_its_rows():
    given = document(contract_data())
    team = TeamFactory()

    version, action = services.save_version(
        document=given, actor=system_actor(), owner=team, domain=team.domain
    )

    assert action == "create"
    assert version.text == given.text
    assert [each.path for each in selectors.columns(version)] == [
        "order_id",
        "amount",
        "address",
        "address.street",
    ]
    rules = version.quality_rules.values_list("pointer", "metric", "operator", "threshold")
    assert sorted(rules) == [
        ("/schema/0/properties/0/quality/0", "nullValues", "mustBe", 0),
        ("/schema/0/quality/0", "rowCount", "mustBeGreaterThan", 0),
    ]
    assert str(version.slas.get()) == "retention 730 d"
    assert AuditEvent.objects.filter(verb="contract.saved").count() == 1


def test_tables_are_made_of_own_columns_without_nested_ones(django_assert_num_queries):
    version, _ = save(contract_data())

    with django_assert_num_queries(2):
        (table,) = selectors.tables_spec(version)

    assert table["name"] == "orders"
    assert [column["name"] for column in table["properties"]] == ["order_id", "amount", "address"]
    assert table["properties"][0]["primary_key"] is True


def test_the_same_content_again_changes_nothing():
    team = TeamFactory()
    save(contract_data(), team)
    reordered = document(dict(reversed(list(contract_data().items()))))

    _, action = services.save_version(
        document=reordered, actor=system_actor(), owner=team, domain=team.domain
    )

    assert action == "unchanged"
    assert ContractVersion.objects.count() == 1


@pytest.mark.parametrize("status", ["active", "deprecated", "retired", "Active"])
def test_a_published_version_is_immutable(status):
    team = TeamFactory()
    version, _ = save(contract_data(status=status), team)

    with pytest.raises(VersionContentDiffers) as refusal:
        save(contract_data(status=status, name="Other"), team)

    assert refusal.value.code == "version-content-differs"
    version.refresh_from_db()
    assert version.document["name"] == "Orders contract"
    assert SchemaObject.objects.count() == 1


@pytest.mark.parametrize("status", ["draft", "proposed"])
def test_a_draft_version_may_be_replaced_and_keeps_its_key(status):
    team = TeamFactory()
    version, _ = save(contract_data(status=status), team)

    replaced, action = save(contract_data(status="active", schema=[]), team)

    assert action == "update"
    assert replaced.pk == version.pk
    assert not SchemaObject.objects.exists()


def test_the_first_writers_team_owns_an_id():
    save(contract_data())
    other = TeamFactory()

    with pytest.raises(IdOwnedElsewhere) as refusal:
        save(contract_data(version="2.0.0"), other, actor_for(member_of(other)))

    assert (refusal.value.code, refusal.value.status) == ("id-owned-elsewhere", 403)
    assert ContractVersion.objects.count() == 1


def test_who_does_not_act_for_the_owner_writes_nothing():
    with pytest.raises(NotAllowed, match="Only team-"):
        save(contract_data(), actor=actor_for(UserFactory()))

    assert not DataContract.objects.exists()
    assert not SearchEntry.objects.exists()


def test_a_document_that_breaks_the_standard_is_refused_with_pointers():
    with pytest.raises(Invalid) as refusal:
        save(contract_data(schema=[{"logicalType": "object"}]))

    assert [problem.pointer for problem in refusal.value.problems] == ["/schema/0"]
    assert not DataContract.objects.exists()


def test_a_name_longer_than_the_catalogue_keeps_is_refused_with_its_place():
    schema = [{"name": "t" * 300, "properties": [{"name": "a"}]}]

    with pytest.raises(Invalid) as refusal:
        save(contract_data(schema=schema))

    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/schema/0/name", "too-long")
    assert problem.line is not None


def test_a_contract_without_a_port_is_found_until_a_port_names_it():
    version, _ = save(contract_data())
    assert SearchEntry.objects.get().kind == "contract"
    assert "address.street" in SearchEntry.objects.get().columns

    services.record_offers({version.contract_id: Offer("company")})
    assert not SearchEntry.objects.exists()

    services.record_offers({version.contract_id: None})
    assert SearchEntry.objects.get().object_id == str(version.contract_id)


def test_a_version_that_a_port_names_cannot_be_removed():
    version = ContractVersionFactory()
    PortFactory(contract=version.contract, contract_version=version)

    with pytest.raises(Conflict, match="port names"):
        services.remove_version(version=version, actor=system_actor())

    assert ContractVersion.objects.filter(pk=version.pk).exists()


def test_the_contract_goes_with_its_last_version():
    version, _ = save(contract_data())

    services.remove_version(version=version, actor=system_actor())

    assert not DataContract.objects.exists()
    assert not SearchEntry.objects.exists()
