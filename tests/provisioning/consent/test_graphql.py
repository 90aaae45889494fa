"""Consents in GraphQL: what waits for my answer, the answers, and owners who go on."""

import pytest

from accounts.states import PortalRole
from provisioning.access.services import revoke_grant
from provisioning.consent.models import Consent
from provisioning.consent.selectors import MAX_HOLD
from tests.factories import TeamFactory, UserFactory, member_of
from tests.portal.graphql.asking import PROBLEMS, codes, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as
from tests.provisioning.access.conftest import in_days
from tests.provisioning.access.test_rest import caller

WHY = "The Christmas campaign runs on it."
FIELDS = """state toVersion on latest wantsUntil note answeredAt answeredBy { username }
    overruledBy overruledWhy grant { consumer port { fqn } }"""
CONSENTS = f"""query ($port: String, $state: [ConsentState!], $toAnswer: Boolean) {{
  consents(first: 10, port: $port, state: $state, toAnswer: $toAnswer) {{
    edges {{ node {{ id {FIELDS} }} }} }} }}"""
ANSWER = f"""mutation ($id: ID!, $answer: ConsentAnswer!, $until: Date, $note: String) {{
  answerConsent(id: $id, answer: $answer, until: $until, note: $note) {{
    consent {{ {FIELDS} }} {PROBLEMS} }} }}"""
OVERRULE = f"""mutation ($id: ID!, $note: String!) {{
  overruleConsent(id: $id, note: $note) {{ consent {{ {FIELDS} }} {PROBLEMS} }} }}"""


def waiting(user) -> list[dict]:
    return nodes(field(ask_as(user), CONSENTS, toAnswer=True))


def test_the_readers_side_finds_what_waits_for_its_answer(company, granted, asked):
    (found,) = waiting(company.colleague)

    assert found == {
        "id": str(asked.pk),
        "state": "OPEN",
        "toVersion": "2.0.0",
        "on": str(in_days(20)),
        "latest": str(in_days(20) + MAX_HOLD),
        "wantsUntil": None,
        "note": None,
        "answeredAt": None,
        "answeredBy": None,
        "overruledBy": None,
        "overruledWhy": None,
        "grant": {"consumer": f"team:{company.marketing.slug}", "port": {"fqn": company.port.fqn}},
    }
    viewer = member_of(company.marketing, role="viewer")
    steward = UserFactory(portal_role=PortalRole.STEWARD)
    for other in (company.owner, viewer, steward):
        assert waiting(other) == []
    (row,) = caller(company.consumer)("GET", "consents?to_answer=true").json()["results"]
    assert row["id"] == asked.pk
    assert caller(company.owner)("GET", "consents?to_answer=true").json()["results"] == []
    assert caller(company.owner)("GET", "consents?to_answer=no").status_code == 422


def test_of_access_that_has_ended_nothing_waits(company, granted, asked):
    revoke_grant(grant=granted, actor=company.asks, reason="")

    assert waiting(company.consumer) == []


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"answer": "ACCEPT"}, "ACCEPTED"),
        ({"answer": "TIME", "until": str(in_days(25)), "note": WHY}, "TIME"),
        ({"answer": "BLOCK", "note": WHY}, "BLOCKED"),
    ],
)
def test_the_reader_answers(company, asked, given, state):
    found = field(ask_as(company.consumer), ANSWER, id=str(asked.pk), **given)

    assert found["problems"] == []
    consent = found["consent"]
    assert (consent["state"], consent["note"]) == (state, given.get("note"))
    assert consent["wantsUntil"] == given.get("until")
    assert consent["answeredBy"] == {"username": company.consumer.username}
    assert consent["answeredAt"] is not None
    assert waiting(company.consumer) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"answer": "BLOCK"}, ("/note", "note-missing")),
        ({"answer": "BLOCK", "note": "x" * 2001}, ("/note", "too-long")),
        ({"answer": "TIME", "note": WHY}, ("/until", "out-of-range")),
        ({"answer": "TIME", "note": WHY, "until": str(in_days(60))}, ("/until", "out-of-range")),
    ],
)
def test_a_wrong_answer_is_refused_at_its_place(company, asked, given, problem):
    assert pointers(ask_as(company.consumer), ANSWER, id=str(asked.pk), **given) == [problem]
    asked.refresh_from_db()
    assert asked.state == "open"


def test_only_the_readers_side_answers_and_a_stranger_finds_nothing(company, asked):
    given = {"answer": "BLOCK"}  # without a note, which is told to those who may only

    assert codes(ask_as(company.owner), ANSWER, id=str(asked.pk), **given) == ["not-allowed"]
    for pk in (str(asked.pk), "999999", "x", "9" * 40):
        assert codes(ask_as(UserFactory()), ANSWER, id=pk, **given) == ["not-found"]
    asked.refresh_from_db()
    assert asked.state == "open"


def test_the_owner_goes_on_and_says_why(company, asked):
    owner, pk = ask_as(company.owner), str(asked.pk)
    assert codes(owner, OVERRULE, id=pk, note="The law wants it.") == ["invalid-transition"]
    field(ask_as(company.consumer), ANSWER, id=pk, answer="BLOCK", note=WHY)
    assert pointers(owner, OVERRULE, id=pk, note=" ") == [("/note", "note-missing")]
    assert codes(ask_as(company.consumer), OVERRULE, id=pk, note="x") == ["not-allowed"]
    for unseen in (pk, "999999"):
        assert codes(ask_as(member_of(TeamFactory())), OVERRULE, id=unseen, note="x") == [
            "not-found"
        ]
    assert Consent.objects.get().state == "blocked"

    found = field(owner, OVERRULE, id=pk, note="The law wants it.")["consent"]

    assert (found["state"], found["overruledBy"]) == ("OVERRULED", company.owner.username)
    assert found["overruledWhy"] == "The law wants it."
    again = {"id": pk, "answer": "ACCEPT"}
    assert codes(ask_as(company.consumer), ANSWER, **again) == ["invalid-transition"]


def test_consents_are_chosen_by_port_state_and_grant(company, granted, asked):
    owner = ask_as(company.owner)
    of_grant = "query ($id: ID!) { grant(id: $id) { consents { edges { node { state } } } } }"

    assert len(nodes(field(owner, CONSENTS, port=company.port.fqn, state=["OPEN"]))) == 1
    assert nodes(field(owner, CONSENTS, port="sales.none/x@1")) == []
    assert nodes(field(owner, CONSENTS, state=["TIME", "BLOCKED"])) == []
    assert nodes(field(ask_as(UserFactory()), CONSENTS)) == []
    found = field(owner, of_grant, id=str(granted.pk))
    assert nodes(found["consents"]) == [{"state": "OPEN"}]
    rest = caller(company.owner)
    assert len(rest("GET", f"consents?grant={granted.pk}").json()["results"]) == 1
    for other in (asked.version.contract_id, "x"):
        assert rest("GET", f"consents?grant={other}").json()["results"] == []
