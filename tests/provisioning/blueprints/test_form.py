"""The form: every wrong value at its field, nothing typed lost, nothing made."""

import re

import pytest
from django.test import Client

from catalog.products.models import DataProduct
from provisioning.blueprints.models import Draft
from provisioning.jobs.models import Instance, Operation
from provisioning.requests.models import Request
from tests.factories import DomainFactory, MembershipFactory, ProductFactory, TeamFactory
from tests.provisioning.blueprints.conftest import Shop, posted

URL = "/services/data-product-postgresql/new/"
ODCS = """\
apiVersion: v3.1.0
kind: DataContract
id: c-1
version: 1.0.0
status: active
name: Returns
schema:
  - name: returns
    logicalType: object
    properties:
      - name: return_id
        logicalType: string
"""


def nothing_was_made() -> bool:
    made = (Request, Operation, Instance, DataProduct)
    return not any(model.objects.exists() for model in made)


def error_at(response, field: str) -> str:
    """What stands at the field, by the id that its control names."""
    found = re.search(rf'id="{field}-e">.*?<span>(.*?)</span></span>', response.text, re.DOTALL)
    assert found, f"no error at {field}"
    assert f'href="#{field}"' in response.text  # the banner leads there
    assert re.search(rf'aria-describedby="{field}-e', response.text)
    return found[1]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"name": ""}, "f-name", "Fill this in"),
        ({"name": "x" * 200}, "f-name", "these are 200"),
        ({"name": "pg_catalog"}, "f-name", "reserved"),
        ({"name": "\u043erders"}, "f-name", "letters a to z"),
        ({"name": "or\u200bders"}, "f-name", "U+200B"),
        ({"purpose": "short"}, "f-purpose", "At least 10"),
        ({"archetype": "cake"}, "f-archetype", "Choose one of"),
        ({"domain": "atlantis"}, "f-domain", "no such domain"),
        ({"domain": "x; drop schema"}, "f-domain", "written like"),
        ({"domain": "sale"}, "f-domain", "Did you mean sales?"),
        ({"port": "Ünsafe!"}, "f-port", "Lower-case letters"),
        ({"retention_days": "soon"}, "f-retention_days", "whole number"),
        ({"retention_days": "0"}, "f-retention_days", "1 or more"),
        ({"retention_days": "9" * 30}, "f-retention_days", "whole number"),
        ({"retention_column": "gone"}, "f-retention_column", "name one of returned_on"),
        ({"retention_column": "return_id"}, "f-retention_column", "name one of returned_on"),
        ({"retention_column": "returned_on"}, "f-retention_days", "after how many days"),
        ({"classification": "topsecret"}, "f-classification", "Choose one of"),
        ({"columns-0-name": "1; drop"}, "columns-0-name", "Letters, digits"),
        ({"columns-1-name": "RETURN_ID"}, "columns-1-name", "column of this name"),
        ({"columns-0-type": "blob"}, "columns-0-type", "Choose one of"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_typed_is_lost(
    page: Client, changes, field, says
):
    sent = posted(**changes)

    response = page.post(URL, sent)

    assert response.status_code == 422
    assert says in error_at(response, field)
    assert nothing_was_made()
    kept = Draft.objects.get().values
    assert kept["purpose"] == sent["purpose"]
    assert kept["name"] == sent["name"]
    assert [row["name"] for row in kept["columns"]] == [
        sent["columns-0-name"],
        sent["columns-1-name"],
    ]
    assert page.get(URL).text.count("Why goods come back") == (0 if "purpose" in changes else 1)


def test_a_form_without_columns_is_told_at_the_columns(page: Client):
    response = page.post(URL, posted(**{"columns-0-name": "", "columns-1-name": ""}))

    assert response.status_code == 422
    assert nothing_was_made()


def test_hostile_texts_are_shown_as_text(page: Client):
    name = '"><script>alert(1)</script>'

    response = page.post(URL, posted(name=name, purpose="x"))

    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert(1)" in response.text


def test_a_hostile_name_that_can_be_made_safe_goes_on_under_a_safe_address(page: Client):
    response = page.post(URL, posted(name='"; drop schema'), follow=True)

    assert response.status_code == 200
    assert "sales.drop-schema" in response.text
    assert "dp_drop_schema_" in response.text


def test_a_name_that_is_taken_names_its_user_and_a_free_one(page: Client, shop: Shop):
    ProductFactory(slug="store-returns", name="Returns", owner=shop.team)

    response = page.post(URL, posted())

    text = error_at(response, "f-name")
    assert "already used by “Returns”" in text
    assert "Try store-returns-2" in text


def test_the_name_of_a_domain_below_is_taken_too(page: Client, shop: Shop):
    DomainFactory(path="sales.store-returns", parent=shop.sales)

    response = page.post(URL, posted())

    assert "already used in Sales" in error_at(response, "f-name")


def test_a_domain_without_owner_is_refused(page: Client):
    DomainFactory(path="nobodys")

    response = page.post(URL, posted(domain="nobodys"), follow=True)

    assert "Nobody owns this domain" in response.text
    assert nothing_was_made()


def test_somebody_in_several_teams_chooses_one_of_them(page: Client, shop: Shop):
    second = TeamFactory(slug="second")
    MembershipFactory(user=shop.owner, team=second)
    TeamFactory(slug="foreign")

    unchosen = page.post(URL, posted())
    foreign = page.post(URL, posted(team="foreign"))
    unknown = page.post(URL, posted(team="no-such-team"))
    chosen = page.post(URL, posted(team="second"))

    assert "several teams" in error_at(unchosen, "f-team")
    assert error_at(foreign, "f-team") == error_at(unknown, "f-team")
    assert chosen.status_code == 302


def test_buttons_for_rows_work_without_a_script_and_keep_what_was_typed(page: Client):
    sent = posted(purpose="kept")
    del sent["review"]

    more = page.post(URL, {**sent, "add_row": "columns"})
    fewer = page.post(URL, {**sent, "remove_row": "columns-0"})

    assert more.status_code == fewer.status_code == 200
    assert 'name="columns-2-name"' in more.text
    assert 'value="returned_on"' in fewer.text
    assert 'value="return_id"' not in fewer.text
    assert "kept</textarea>" in fewer.text


def test_the_alternative_that_is_not_shown_keeps_what_was_typed(page: Client):
    sent = posted(choice="contract", refresh="1")
    del sent["review"]

    switched = page.post(URL, sent)
    back = page.post(
        URL, {"choice": "columns", "shown": "contract", "contract": "a: 1", "refresh": "1"}
    )

    assert 'name="contract"' in switched.text
    assert 'name="columns-0-name"' not in switched.text
    assert 'value="returned_on"' in back.text
    assert Draft.objects.get().values["contract"] == "a: 1"


def test_a_pasted_text_that_is_no_contract_is_told_with_pointer_and_line(page: Client):
    text = ODCS.replace("status: active\n", "").replace("logicalType: string", "logicalType: blob")

    response = page.post(URL, posted(choice="contract", shown="contract", contract=text))

    assert response.status_code == 422
    assert "<code>/schema/0/properties/0/logicalType</code>" in response.text
    assert "line 11" in response.text
    assert "Add the field `status`" in response.text
    assert "2 things to mend" in error_at(response, "f-contract")
    assert "logicalType: blob" in response.text  # nothing typed is lost
    assert nothing_was_made()


@pytest.mark.parametrize(
    "text", ["", "}{", "a: &x [*x]", "- 1\n- 2", ODCS + "---\n" + ODCS, "kind: Pod", "\0"]
)
def test_any_other_pasted_text_is_refused_at_the_field(page: Client, text: str):
    response = page.post(URL, posted(choice="contract", shown="contract", contract=text))

    assert response.status_code == 422
    assert 'id="f-contract-e"' in response.text
    assert nothing_was_made()


def test_a_pasted_contract_goes_on_to_the_review(page: Client):
    response = page.post(
        URL, posted(choice="contract", shown="contract", contract=ODCS), follow=True
    )

    assert response.status_code == 200
    assert "Returns 1.0.0" in response.text


def test_the_form_offers_twenty_domains_at_most_its_own_first(page: Client, shop: Shop):
    DomainFactory.create_batch(30)

    response = page.get(f"{URL}options/?domain=")

    assert response.text.count("<option") == 20
    assert response.text.index('"sales"') < response.text.index('"domain-')


def test_drafts_are_private_and_can_be_forgotten(page: Client, shop: Shop):
    page.post(URL, posted(name="My secret plan", autosave="1"))
    other = Client()
    other.force_login(shop.helper)

    assert "My secret plan" in page.get(URL).text
    assert "My secret plan" not in other.get(URL).text
    page.post(URL, {"forget": "1"})
    assert "My secret plan" not in page.get(URL).text


def test_an_unknown_service_is_not_found(page: Client):
    assert page.get("/services/no-such-thing/new/").status_code == 404


def test_the_pages_cost_a_constant_number_of_statements(
    page: Client, shop: Shop, django_assert_max_num_queries
):
    DomainFactory.create_batch(30)
    page.get("/services/")
    with django_assert_max_num_queries(7):
        page.get("/services/")
    with django_assert_max_num_queries(10):
        page.get(URL)
