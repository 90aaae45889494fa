"""Readers are asked about a change that breaks them, and can hold it back for a while."""

import datetime as dt

import pytest
from django.urls import reverse

from catalog.products.models import OutputPort
from catalog.products.services.due import apply_due_versions
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import OutboxEvent
from portal.models import Notification
from portal.services.notifying import notify
from provisioning.access.services import revoke_grant
from provisioning.consent.models import Consent
from provisioning.consent.selectors import held_ports
from provisioning.consent.services import (
    AnswerData,
    answer_consent,
    forget_moves,
    overrule_consent,
)
from provisioning.consent.states import ConsentState
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.access.conftest import in_days
from tests.provisioning.access.test_pages import signed_in
from tests.provisioning.access.test_rest import caller

WHY = "The Christmas campaign runs on it."


def answer(consent, actor, said="block", until=None, note=WHY) -> Consent:
    return answer_consent(AnswerData(said, until, note), consent=consent, actor=actor)


def comes_today() -> None:
    """The announced day is today, for the port and for the questions."""
    OutputPort.objects.exclude(next_version_on=None).update(next_version_on=in_days(0))
    Consent.objects.update(on=in_days(0))


def told(kind: str) -> dict[int, str]:
    for event in OutboxEvent.objects.filter(topic=kind):
        notify(event)
    found = Notification.objects.filter(kind=kind)
    return dict(found.values_list("user_id", "title"))


def test_each_reader_is_asked_once_and_its_people_hear_of_it(company, granted, announce, asked):
    announce(20)

    assert (asked.state, asked.on, asked.grant) == (ConsentState.OPEN, in_days(20), granted)
    assert Consent.objects.count() == 1
    heard = told("consent.asked")
    assert set(heard) == {company.consumer.pk, company.colleague.pk}
    assert "contract 2.0.0 breaks readers" in next(iter(heard.values()))


@pytest.mark.parametrize(
    ("said", "until", "moves"),
    [("accept", None, True), ("time", 5, False), ("block", None, False)],
)
def test_what_is_not_accepted_holds_the_port_back(company, asked, said, until, moves):
    comes_today()
    asked.refresh_from_db()

    answer(asked, company.asks, said, in_days(until) if until else None)

    assert apply_due_versions() == int(moves)
    company.port.refresh_from_db()
    assert (company.port.next_version_on is None) == moves


def test_silence_holds_nothing_back(company, asked):
    comes_today()

    assert apply_due_versions() == 1


def test_time_and_a_block_hold_for_thirty_days_at_most(company, asked):
    answer(asked, company.asks, "time", in_days(25))

    on = asked.on
    assert held_ports(on).exists()
    assert held_ports(in_days(25)).exists()
    assert not held_ports(in_days(26)).exists()
    answer(asked, company.asks, "block")
    assert held_ports(on + dt.timedelta(days=29)).exists()
    assert not held_ports(on + dt.timedelta(days=30)).exists()


def test_a_grant_that_has_ended_holds_nothing_back(company, granted, asked):
    answer(asked, company.asks, "block")

    revoke_grant(grant=granted, actor=company.asks, reason="")

    assert not held_ports(asked.on).exists()


def test_the_owner_goes_on_in_spite_of_it_and_says_why(company, asked):
    answer(asked, company.asks, "block")
    assert "cannot go along" in told("consent.answered")[company.owner.pk]
    with pytest.raises(NotAllowed):
        overrule_consent(consent=asked, note="x", actor=company.asks)
    with pytest.raises(Invalid):
        overrule_consent(consent=asked, note=" ", actor=company.owns)

    overrule_consent(consent=asked, note="The law wants it.", actor=company.owns)

    assert not held_ports(asked.on).exists()
    assert set(told("consent.overruled")) == {company.consumer.pk}
    with pytest.raises(InvalidTransition):
        answer(asked, company.asks, "block")
    with pytest.raises(InvalidTransition):
        overrule_consent(consent=asked, note="Again.", actor=company.owns)


def test_only_the_readers_side_answers(company, asked):
    for actor in (
        company.owns,
        actor_for(member_of(TeamFactory())),
        actor_for(member_of(company.marketing, role="viewer")),
    ):
        with pytest.raises(NotAllowed):
            answer(asked, actor)
    assert answer(asked, actor_for(company.colleague)).answered_by == company.colleague


@pytest.mark.parametrize(
    ("said", "until", "note", "pointer"),
    [
        ("maybe", None, WHY, "/answer"),
        ("block", None, " ", "/note"),
        ("time", 25, "", "/note"),
        ("block", None, "x" * 2001, "/note"),
        ("time", None, WHY, "/until"),
        ("time", 19, WHY, "/until"),
        ("time", 51, WHY, "/until"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_field(company, asked, said, until, note, pointer):
    with pytest.raises(Invalid) as refusal:
        answer(asked, company.asks, said, in_days(until) if until else None, note)

    assert [each.pointer for each in refusal.value.problems] == [pointer]
    asked.refresh_from_db()
    assert asked.state == ConsentState.OPEN


def test_a_later_day_keeps_the_answers_and_an_earlier_one_asks_again(company, announce, asked):
    answer(asked, company.asks, "accept", note="")

    announce(30)
    asked.refresh_from_db()
    assert (asked.state, asked.on) == (ConsentState.ACCEPTED, in_days(30))
    announce(15)
    asked.refresh_from_db()
    assert (asked.state, asked.on, asked.answered_by) == (ConsentState.OPEN, in_days(15), None)


def test_what_is_withdrawn_asks_nobody_any_more(company, asked):
    port = company.port
    port.next_contract_version, port.next_version_on, port.next_version = None, None, ""
    port.save()

    forget_moves([OutboxEvent(topic="port.changed", payload={"port_id": str(port.pk)})])

    asked.refresh_from_db()
    assert asked.state == ConsentState.MOOT
    with pytest.raises(InvalidTransition):
        answer(asked, company.asks)


def test_in_the_browser_the_reader_answers_and_the_owner_reads_it(company, granted, asked):
    reader, owner = signed_in(company.consumer), signed_in(company.owner)

    page = reader.get(granted.get_absolute_url()).content.decode()
    assert "Contract 2.0.0 comes on" in page
    assert "Ask for time" in page
    assert "Ask for time" not in owner.get(granted.get_absolute_url()).content.decode()
    url = reverse("consent:answer", args=[asked.pk])
    refused = reader.post(url, {"answer": "block"}, follow=True).content.decode()
    assert "Say what stands in the way" in refused
    undated = reader.post(url, {"answer": "time", "note": WHY}, follow=True).content.decode()
    assert WHY in undated  # nothing typed is lost
    assert "Choose a day from" in undated
    assert WHY not in reader.get(granted.get_absolute_url()).content.decode()
    reader.post(url, {"answer": "block", "note": WHY})
    port = owner.get(company.port.get_absolute_url()).content.decode()
    assert "What readers say to the change" in port
    assert WHY in port
    owner.post(reverse("consent:overrule", args=[asked.pk]), {"note": "The law wants it."})
    told_again = reader.get(granted.get_absolute_url()).content.decode()
    assert "goes on in spite of that" in told_again


def test_a_script_answers_and_the_owners_script_goes_on(company, asked):
    reader, owner = caller(company.consumer), caller(company.owner)
    path = f"consents/{asked.pk}/answer"

    wrong = reader("POST", path, {"answer": "time", "note": WHY})
    right = reader("POST", path, {"answer": "time", "until": in_days(22).isoformat(), "note": WHY})

    assert [each["pointer"] for each in wrong.json()["problems"]] == ["/until"]
    assert right.json()["state"] == "time"
    listed = owner("GET", f"consents?port={company.port.fqn}&state=time").json()["results"]
    assert [each["id"] for each in listed] == [asked.pk]
    assert owner("GET", "consents?state=no").status_code == 422
    done = owner("POST", f"consents/{asked.pk}/overrule", {"note": "The law wants it."})
    assert done.json()["overruled_why"] == "The law wants it."
    stranger = caller(member_of(TeamFactory()))
    assert stranger("POST", path, {"answer": "accept"}).status_code == 404
