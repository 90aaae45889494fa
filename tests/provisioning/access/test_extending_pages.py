"""Asking for more time in the browser and by scripts; the whole story of a grant on its page."""

import json
import re

import pytest
from django.urls import reverse

from accounts.states import PortalRole
from provisioning.access.models import Grant, GrantExtension
from provisioning.access.services import (
    request_extension,
    reveal_credential,
    revoke_grant,
)
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import TeamFactory, UserFactory, member_of
from tests.provisioning.access.conftest import in_days, snapshot
from tests.provisioning.access.test_pages import signed_in
from tests.provisioning.access.test_rest import caller

PURPOSE = "The weekly report goes on in spring."


def url_of(grant: Grant) -> str:
    return reverse("access:extend", args=[grant.pk])


def test_the_grants_page_leads_to_the_form_which_starts_at_its_end(company, granted):
    client = signed_in(company.consumer)

    page = client.get(granted.get_absolute_url()).content.decode()
    form = client.get(url_of(granted)).content.decode()

    assert url_of(granted) in page
    assert f'min="{in_days(31).isoformat()}"' in form
    assert f'value="{in_days(120).isoformat()}"' in form
    assert granted.purpose in form


def test_the_form_asks_and_the_grants_page_says_who_decides(company, granted):
    client = signed_in(company.consumer)

    sent = client.post(url_of(granted), {"purpose": PURPOSE, "until": in_days(90).isoformat()})
    request = Request.objects.latest("number")
    page = client.get(granted.get_absolute_url()).content.decode()

    assert sent["Location"] == request.get_absolute_url()
    assert f"R-{request.number}</a> asks until {in_days(90).isoformat()}; Sales Data" in page
    assert url_of(granted) not in page  # it is asked for once at a time
    told = client.get(request.get_absolute_url()).content.decode()
    assert f"{url_of(granted)}?amend={request.pk}" in told
    assert "Access so far" in told
    changed = client.post(
        f"{url_of(granted)}?amend={request.pk}",
        {"purpose": PURPOSE, "until": in_days(60).isoformat()},
    )
    assert changed["Location"] == request.get_absolute_url()
    request.refresh_from_db()
    assert request.parameters["until"] == in_days(60).isoformat()


def test_wrong_values_stand_at_their_fields_and_change_nothing(company, granted):
    before = snapshot(company)

    values = {"purpose": "x", "until": in_days(3).isoformat()}
    response = signed_in(company.consumer).post(url_of(granted), values)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose a later day" in page
    assert "10 characters or more" in page
    assert f'value="{in_days(3).isoformat()}"' in page
    assert snapshot(company) == before


def test_a_second_request_says_where_the_first_is(company, granted):
    request_extension(grant=granted, purpose=PURPOSE, until=in_days(90), actor=company.asks)

    values = {"purpose": PURPOSE, "until": in_days(80).isoformat()}
    response = signed_in(company.consumer).post(url_of(granted), values)

    assert response.status_code == 409
    assert "has asked for this access already" in response.content.decode()


def test_who_may_not_ask_finds_no_form_and_an_ended_grant_has_none(company, granted):
    for user in (company.owner, member_of(TeamFactory())):
        assert signed_in(user).get(url_of(granted)).status_code == 404
    revoke_grant(grant=granted, actor=company.asks, reason="")
    response = signed_in(company.consumer).get(url_of(granted))
    assert response["Location"] == granted.get_absolute_url()


def test_a_waiting_request_is_changed_at_its_own_grant_only(company, granted, ask):
    other = ask(consumer=f"user:{company.consumer.username}")

    response = signed_in(company.consumer).get(f"{url_of(granted)}?amend={other.pk}")

    assert response.status_code == 404


def test_a_script_extends_once_per_key_and_hears_problems_with_pointers(company, granted):
    call = caller(company.consumer)
    path, until = f"grants/{granted.pk}/extend", in_days(90).isoformat()

    wrong = call("POST", path, {"until": in_days(2).isoformat()})
    first = call("POST", path, {"until": until}, **{"Idempotency-Key": "k-1"})
    again = call("POST", path, {"until": until}, **{"Idempotency-Key": "k-1"})
    second = call("POST", path, {"until": until})

    assert wrong.status_code == 422
    assert [each["pointer"] for each in wrong.json()["problems"]] == ["/until"]
    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    assert first["Location"].endswith(f"/api/v1/requests/{first.json()['id']}")
    assert second.status_code == 409
    request = Request.objects.get(pk=first.json()["id"])
    assert request.purpose == granted.purpose
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    shown = call("GET", f"grants/{granted.pk}").json()
    assert shown["until"].startswith(until)
    assert call("GET", f"requests/{request.pk}").json()["grant"] == str(granted.pk)


@pytest.mark.parametrize("known", [True, False])
def test_graphql_extends_what_one_may_see(company, granted, known):
    grant = granted.pk if known else "0190c8a5-7c1e-7000-8000-000000000000"
    query = (
        f'mutation {{ extendAccess(grant: "{grant}", until: "{in_days(90).isoformat()}")'
        " { request { title } problems { code } } }"
    )
    client = signed_in(company.consumer)

    answer = client.post("/graphql/", json.dumps({"query": query}), content_type="application/json")

    payload = answer.json()["data"]["extendAccess"]
    title = f"Read {granted.port.product.name} for longer"
    if known:
        assert payload == {"request": {"title": title}, "problems": []}
    else:
        assert payload == {"request": None, "problems": [{"code": "not-found"}]}


def test_an_auditor_reads_the_whole_story_on_one_page(company, granted):
    reveal_credential(grant=granted, actor=company.asks)
    longer = request_extension(
        grant=granted, purpose=PURPOSE, until=in_days(90), actor=company.asks
    )
    decide(request=longer, actor=company.owns, approve=True, note="Until spring.")
    run_due()
    refused = request_extension(
        grant=granted, purpose=PURPOSE, until=in_days(200), actor=company.asks
    )
    decide(request=refused, actor=company.owns, approve=False, note="Spring is enough.")
    revoke_grant(grant=granted, actor=company.owns, reason="The report is finished.")
    run_due()
    assert GrantExtension.objects.count() == 1
    auditor = UserFactory(portal_role=PortalRole.STEWARD)

    page = signed_in(auditor).get(granted.get_absolute_url()).content.decode()

    table = page[page.index('id="story"') :]
    rows = re.findall(r'<th scope="row">(.*?)</th>.*?<td data-l="Who">(.*?)</td>', table, re.S)
    said = [tuple(re.sub(r"<[^>]+>", " ", part).strip() for part in row) for row in rows]
    asks, owns = company.consumer.username, company.owner.username
    until = in_days(90).isoformat()
    assert [(re.sub(r"\s+", " ", words), who) for words, who in said] == [
        ("Asked for", asks),
        ("Approved for Sales Data", owns),
        ("Being opened", owns),
        ("Opened", "the portal"),
        ("Password shown", asks),
        (f"More time asked for until {until}", asks),
        ("Approved for Sales Data “Until spring.”", owns),
        (f"More time agreed until {until}", owns),
        (f"Runs longer until {until}", "the portal"),
        (f"More time asked for until {in_days(200).isoformat()}", asks),
        ("Rejected for Sales Data “Spring is enough.”", owns),
        ("No more time", "the portal"),
        ("Ended “The report is finished.”", owns),
        ("Seen to be gone from the warehouse", "the portal"),
    ]
