"""The campaign in the browser, by scripts and as a file."""

import csv
import io

import pytest
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from provisioning.access.states import GrantState
from provisioning.recertification.models import Campaign, Review
from tests.factories import TeamFactory, member_of
from tests.provisioning.access.conftest import in_days
from tests.provisioning.access.test_pages import signed_in
from tests.provisioning.access.test_rest import caller


def user_of(actor) -> User:
    return User.objects.get(pk=actor.user_id)


def test_from_the_form_to_one_screen_on_which_both_are_decided(company, granted, second, steward):
    boss = signed_in(user_of(steward))
    values = {
        "name": "Autumn",
        "scope": "company",
        "reason": "",
        "until": in_days(9).isoformat(),
        "silence": "keep",
    }

    wrong = boss.post(reverse("recertification:campaign-new"), values | {"name": ""})
    begun = boss.post(reverse("recertification:campaign-new"), values)
    campaign = Campaign.objects.get()
    client = signed_in(company.owner)
    page = client.get(campaign.get_absolute_url()).content.decode()
    listed = client.get(reverse("recertification:campaigns")).content.decode()

    assert wrong.status_code == 422
    assert "Name it" in wrong.content.decode()
    assert begun["Location"] == campaign.get_absolute_url()
    assert "Autumn" in listed
    assert page.count('value="keep"') == page.count('value="revoke"') == 2
    assert "Last seen" in page
    one, two = Review.objects.values_list("pk", flat=True)
    refused = client.post(campaign.get_absolute_url(), {"note": "kept text"})
    assert refused.status_code == 422
    assert "kept text" in refused.content.decode()
    decided = client.post(
        campaign.get_absolute_url(), {f"review-{one}": "keep", f"review-{two}": "revoke"}
    )
    assert decided["Location"] == campaign.get_absolute_url()
    second.refresh_from_db()
    assert second.state == GrantState.REVOKED
    after = client.get(campaign.get_absolute_url()).content.decode()
    assert "Nothing left for you to decide" in after
    assert "2 of 2 decided" in after


def test_the_auditor_takes_the_outcome_along(company, granted, begin, steward):
    campaign = begin()
    client = signed_in(user_of(steward))

    answer = client.get(reverse("recertification:campaign-export", args=[campaign.pk]))

    text = b"".join(answer.streaming_content).decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["reader"] == f"team:{company.marketing.slug}"
    assert row["outcome"] == "Open"
    assert row["grant"] == str(granted.pk)
    assert AuditEvent.objects.filter(verb="campaign.exported").count() == 1


def test_who_decides_nothing_there_finds_no_campaign(company, granted, begin):
    campaign = begin()

    for user in (company.consumer, member_of(TeamFactory())):
        client = signed_in(user)
        assert client.get(campaign.get_absolute_url()).status_code == 404
        assert "Autumn" not in client.get(reverse("recertification:campaigns")).content.decode()


def test_a_script_begins_decides_and_reads_it(company, granted, second, steward):
    boss, owner = caller(user_of(steward)), caller(company.owner)
    body = {
        "name": "Autumn",
        "scope": f"port:{company.port.fqn}",
        "until": in_days(9).isoformat(),
        "silence": "revoke",
    }

    wrong = owner("POST", "recertifications", body | {"scope": "somewhere"})
    begun = owner("POST", "recertifications", body)
    pk = begun.json()["id"]
    reviews = owner("GET", f"recertifications/{pk}/reviews?state=open").json()["results"]
    one, two = (each["id"] for each in reviews)
    strange = owner("POST", f"recertifications/{pk}/decisions", {"keep": ["x"]})
    shown = owner(
        "POST", f"recertifications/{pk}/decisions", {"keep": [one], "revoke": [two], "note": "No."}
    )

    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["pointer"] == "/scope"
    assert begun.status_code == 201
    assert strange.status_code == 422
    assert shown.json()["reviews"] == {
        "open": 0, "kept": 1, "revoked": 1, "gone": 0, "dropped": 0,
    }  # fmt: skip
    assert boss("GET", "recertifications").json()["results"][0]["id"] == pk
    as_file = boss("GET", f"recertifications/{pk}/reviews?format=csv")
    assert as_file["Content-Type"].startswith("text/csv")
    assert boss("POST", f"recertifications/{pk}/stop").json()["closed_at"]
    assert boss("GET", f"recertifications/{pk}/reviews?state=no").status_code == 422


@pytest.mark.parametrize("tab", ["open", "all"])
def test_the_screen_costs_the_same_however_many(
    company, granted, second, begin, steward, django_assert_max_num_queries, tab
):
    campaign = begin()
    client = signed_in(user_of(steward))

    with django_assert_max_num_queries(12):
        assert client.get(f"{campaign.get_absolute_url()}?tab={tab}").status_code == 200
