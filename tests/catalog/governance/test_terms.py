"""The glossary: who writes it, which word counts where, what search and products know of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.governance.models import ClassificationLevel, Term
from catalog.governance.selectors import classification_problem, terms_matching, terms_named
from catalog.governance.services import TermData, TermInUse, put_level, put_term, remove_term
from catalog.products.models import DataProduct, Revision
from catalog.search.models import SearchEntry, SynonymGroup
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.catalog.governance.conftest import product_of
from tests.factories import DomainFactory, ProductFactory

pytestmark = pytest.mark.django_db


def term_of(company, name="Order", **values):
    given = {"definition": "What a customer asked for.", "owner": company.team, **values}
    actor = company.domain_owner if given.get("domain") else company.steward
    return put_term(data=TermData(name=name, **given), actor=actor)


def test_a_term_is_found_and_its_synonyms_are_known_to_the_search(company):
    term = term_of(company, synonyms=["Purchase", "purchase ", "order"])

    assert term.synonyms == ["purchase"]
    entry = SearchEntry.objects.visible_to(company.member).get(kind="term")
    assert (entry.object_id, entry.url) == (str(term.pk), term.get_absolute_url())
    assert SynonymGroup.objects.get(source=f"term:{term.pk}").names == ["order", "purchase"]
    assert AuditEvent.objects.filter(verb="term.created").count() == 1


def test_a_changed_term_takes_its_row_and_synonyms_with_it(company):
    term = term_of(company, synonyms=["Purchase"])

    data = TermData(name="Sale", definition="x", owner=company.team)
    put_term(data=data, actor=company.steward, term=term)

    assert SearchEntry.objects.get(kind="term").name == "Sale"
    assert not SynonymGroup.objects.exists()


def test_a_term_in_use_stays_and_the_refusal_says_where_it_is_used(company):
    term, product = term_of(company, domain=company.domain), product_of(company)
    hidden = ProductFactory(name="Hidden", visibility="restricted")
    for each in (product, hidden):
        each.terms.add(term)

    with pytest.raises(TermInUse, match="2 products use") as refused:
        remove_term(term=term, actor=company.domain_owner)

    assert refused.value.context["count"] == 2
    assert [each["fqn"] for each in refused.value.context["used_by"]] == [product.fqn]
    assert product.terms.get() == term
    assert not AuditEvent.objects.filter(verb="term.removed").exists()


def test_a_term_that_is_detached_stays_in_the_history_of_the_products(company):
    term, other, product = term_of(company), term_of(company, name="Sale"), product_of(company)
    product.terms.set([term, other])
    before = product.revision

    remove_term(term=term, actor=company.steward, detach=True)

    kept = DataProduct.objects.get(pk=product.pk)
    revision = Revision.objects.get(product=product, number=before + 1)
    assert kept.revision == before + 1
    assert [each.name for each in kept.terms.all()] == ["Sale"]
    assert revision.changes == [{"field": "terms", "from": ["Order", "Sale"], "to": ["Sale"]}]
    assert revision.snapshot["terms"] == ["sale"]
    assert SearchEntry.objects.get(kind="product", object_id=str(product.pk)).terms == ["Sale"]
    assert OutboxEvent.objects.filter(topic="product.changed", key=str(product.pk)).exists()
    assert AuditEvent.objects.filter(verb="term.removed").count() == 1
    assert AuditEvent.objects.filter(verb="product.updated", object_id=kept.fqn).exists()


def test_many_products_cost_no_more_than_one_to_detach(company):
    one, many = term_of(company), term_of(company, name="Sale")
    product_of(company).terms.add(one)
    for _ in range(9):
        ProductFactory().terms.add(many)
    with CaptureQueriesContext(connection) as first:
        remove_term(term=one, actor=company.steward, detach=True)

    with CaptureQueriesContext(connection) as second:
        remove_term(term=many, actor=company.steward, detach=True)

    assert len(second) <= len(first)


@pytest.mark.parametrize("who", ["member", "owner", "domain_owner"])
def test_only_stewards_write_words_of_the_company(company, who):
    data = TermData(name="Order", definition="x", owner=company.team)
    with pytest.raises(NotAllowed):
        put_term(data=data, actor=getattr(company, who))
    kept = term_of(company)

    with pytest.raises(NotAllowed):
        remove_term(term=kept, actor=getattr(company, who))

    assert Term.objects.get() == kept


def test_a_domain_owner_cannot_take_a_word_of_the_company_into_the_domain(company):
    term = term_of(company)
    data = TermData(name="Order", definition="x", owner=company.team, domain=company.domain)

    with pytest.raises(NotAllowed):
        put_term(data=data, actor=company.domain_owner, term=term)

    term.refresh_from_db()
    assert term.domain is None


def test_a_word_stands_once_in_each_part_of_the_company(company):
    term_of(company)
    term_of(company, domain=company.domain)

    with pytest.raises(Conflict):
        term_of(company, name="order")

    assert Term.objects.count() == 2


def test_what_is_missing_is_said(company):
    with pytest.raises(Invalid) as refusal:
        term_of(company, name=" ", definition="", synonyms=["x"] * 21)

    assert {each.pointer for each in refusal.value.problems} == {
        "/name",
        "/definition",
        "/synonyms",
    }


def test_the_nearest_word_counts(company, django_assert_num_queries):
    below = DomainFactory(path="sales.emea", parent=company.domain)
    company_wide, own = term_of(company), term_of(company, domain=company.domain)
    customer = term_of(company, name="Key customer")
    other = DomainFactory(path="finance")

    with django_assert_num_queries(1):
        found = terms_named(["ORDER", "key-customer", "Nothing"], below)

    assert found == {"ORDER": own, "key-customer": customer}
    assert terms_named(["order"], other) == {"order": company_wide}


def test_terms_are_found_by_synonym_domain_and_letter(company):
    order = term_of(company, synonyms=["Purchase"])
    visit = term_of(company, name="Visit", domain=company.domain)

    def found(**asked):
        return list(terms_matching(company.member, **asked))

    assert found(text="purch") == [order]
    assert found(domain="company") == [order]
    assert found(domain="sales") == [visit]
    assert found(letter="v") == [visit]


def test_the_first_four_classes_are_there_and_are_the_only_ones():
    assert list(ClassificationLevel.objects.values_list("slug", flat=True)) == [
        "public",
        "internal",
        "confidential",
        "restricted",
    ]
    assert classification_problem("internal", "/classification") is None
    assert classification_problem("", "/classification") is None
    assert classification_problem("secret", "/classification").code == "not-in-list"


def test_stewards_add_and_close_classes(company):
    level = put_level(actor=company.steward, name="Secret", meaning="x", rank=50)
    assert level.slug == "secret"
    assert classification_problem("secret", "/classification") is None

    put_level(
        actor=company.steward, slug="secret", name="Secret", meaning="x", rank=50, is_active=False
    )

    assert classification_problem("secret", "/classification") is not None
    assert classification_problem("secret", "/classification", before="secret") is None


def test_others_leave_the_classes_alone(company):
    with pytest.raises(NotAllowed):
        put_level(actor=company.domain_owner, name="Secret", meaning="x", rank=50)

    assert ClassificationLevel.objects.count() == 4
