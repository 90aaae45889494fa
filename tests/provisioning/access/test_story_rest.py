"""A grant over REST: its details, its story, some rows; several ports, and another wish."""

import pytest

from core.models import AuditEvent
from provisioning.access.services import (
    note,
    request_extension,
    reveal_credential,
    revoke_grant,
)
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import PortFactory, TeamFactory, member_of
from tests.portal.graphql.asking import UNKNOWN
from tests.provisioning.access.conftest import in_days, snapshot
from tests.provisioning.access.test_narrow import described, row  # noqa: F401 - a shared fixture
from tests.provisioning.access.test_rest import body, caller

PURPOSE = "The weekly report goes on in spring."


def test_a_grant_has_its_later_ends_and_what_is_asked_for(company, granted):
    call = caller(company.consumer)
    more = request_extension(grant=granted, purpose=PURPOSE, until=in_days(90), actor=company.asks)
    asked = call("GET", f"grants/{granted.pk}").json()

    decide(request=more, actor=company.owns, approve=True, note="")
    run_due()
    agreed = call("GET", f"grants/{granted.pk}").json()

    assert (asked["extensions"], asked["extension_asked"]) == ([], str(more.pk))
    assert agreed["extension_asked"] is None
    (extension,) = agreed["extensions"]
    assert (extension["state"], extension["request"]) == ("applied", str(more.pk))
    assert extension["asked_by"] == company.consumer.username
    assert (extension["before"], extension["until"]) == (asked["until"], agreed["until"])
    assert (agreed["narrow_words"], agreed["reminded_days"]) == ([], None)
    assert (agreed["last_seen_at"], agreed["ended_by"]) == (None, "")


def test_a_story_is_read_page_by_page_by_those_who_see_the_grant(company, granted):
    shown = reveal_credential(grant=granted, actor=company.asks)
    call = caller(company.consumer)

    whole = call("GET", f"grants/{granted.pk}/story")
    first = call("GET", f"grants/{granted.pk}/story?page_size=3").json()
    rest = call("GET", first["next"].partition("/api/v1/")[2]).json()

    events = [each["event"] for each in whole.json()["results"]]
    assert events == [
        "request.submitted", "request.approved", "grant.approved", "grant.activated",
        "credential.revealed",
    ]  # fmt: skip
    assert first["results"] + rest["results"] == whole.json()["results"]
    assert rest["next"] is None
    assert whole.json()["results"][0]["words"] == "Asked for"
    assert shown.password not in whole.text
    assert call("GET", f"grants/{granted.pk}/story?cursor=x").status_code == 422
    stranger = caller(member_of(TeamFactory()))
    unseen = stranger("GET", f"grants/{granted.pk}/story")
    unknown = stranger("GET", f"grants/{UNKNOWN}/story")
    assert unseen.status_code == unknown.status_code == 404
    assert unseen.json() == unknown.json()


def test_a_long_story_keeps_its_beginning_and_its_end(company, granted):
    for _ in range(210):
        note("sample.shown", granted, actor="x")
    revoke_grant(grant=granted, actor=company.asks, reason="Done.")

    told = caller(company.owner)("GET", f"grants/{granted.pk}/story?page_size=200").json()
    rest = caller(company.owner)("GET", told["next"].partition("/api/v1/")[2]).json()

    assert told["results"][0]["event"] == "request.submitted"
    assert rest["results"][-1]["event"] == "grant.revoked"


def test_a_holder_sees_some_rows_masked_as_on_the_page(described, granted):  # noqa: F811
    described.port.contract_version.objects_described.get().properties.filter(name="amount").update(
        classification="confidential"
    )

    answer = caller(described.consumer)("POST", f"grants/{granted.pk}/sample")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    (sample,) = answer.json()["results"]
    assert (sample["object"], sample["masked"]) == ("orders", ["amount"])
    assert sample["columns"] == ["order_id", "amount"]
    assert sorted(sample["rows"]) == [["A-1", None], ["A-2", None]]
    assert AuditEvent.objects.filter(verb="sample.shown").count() == 1


def test_nobody_else_sees_rows(company, granted):
    assert caller(company.owner)("POST", f"grants/{granted.pk}/sample").status_code == 403
    stranger = caller(member_of(TeamFactory()))
    assert stranger("POST", f"grants/{granted.pk}/sample").status_code == 404
    assert not AuditEvent.objects.filter(verb="sample.shown").exists()


def test_held_grants_are_those_of_the_caller(company, granted):
    assert len(caller(company.colleague)("GET", "grants?held=true").json()["results"]) == 1
    assert caller(company.owner)("GET", "grants?held=true").json()["results"] == []
    assert caller(company.owner)("GET", "grants?held=perhaps").status_code == 422


def several(company, ports):
    """The body that asks for several ports at once."""
    given = {name: value for name, value in body(company).items() if name != "port"}
    return {**given, "ports": ports}


def test_several_ports_are_asked_for_at_once_and_each_stands_for_itself(company):
    closed = PortFactory()
    ports = [company.port.fqn, closed.fqn, "sales.none/x@1"]

    answer = caller(company.consumer)("POST", "access-requests/batch", several(company, ports))

    assert answer.status_code == 200
    taken, refused, unknown = answer.json()["results"]
    request = Request.objects.get()
    assert (taken["port"], taken["problem"]) == (company.port.fqn, None)
    assert (taken["request"]["id"], taken["request"]["state"]) == (str(request.pk), "waiting")
    assert refused["problem"]["problems"][0]["code"] == "not-requestable"
    assert unknown["problem"]["problems"][0]["code"] == "unknown-port"
    assert refused["request"] is unknown["request"] is None


@pytest.mark.parametrize("ports", [None, [], "x", [1], [f"sales.p{n}/x@1" for n in range(21)]])
def test_a_list_of_ports_of_the_wrong_shape_is_refused(company, ports):
    before = snapshot(company)

    answer = caller(company.consumer)("POST", "access-requests/batch", several(company, ports))

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["problems"]] == ["/ports"]
    assert snapshot(company) == before


def test_the_same_key_asks_for_several_once(company):
    call, sent = caller(company.consumer), several(company, [company.port.fqn])

    first = call("POST", "access-requests/batch", sent, **{"Idempotency-Key": "k-1"})
    again = call("POST", "access-requests/batch", sent, **{"Idempotency-Key": "k-1"})

    assert first.json() == again.json()
    assert Request.objects.count() == 1


def test_a_waiting_request_is_changed_and_what_is_left_out_stays(described, ask):  # noqa: F811
    request = ask()
    narrow = {"orders": {"rows": [row("greater", 20)]}}
    sent = {"until": in_days(10).isoformat(), "narrow": narrow}

    changed = caller(described.consumer)("POST", f"access-requests/{request.pk}/amend", sent)

    assert changed.status_code == 200
    assert changed.json()["purpose"] == request.purpose
    assert changed.json()["parameters"] == request.parameters | sent
    assert [(each["round"], each["state"]) for each in changed.json()["approvals"]] == [
        (1, "closed"),
        (2, "waiting"),
    ]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"purpose": "x"}, "/purpose"),
        ({"purpose": 7}, "/purpose"),
        ({"until": "soon"}, "/until"),
        ({"consumer": "team:none"}, "/consumer"),
        ({"narrow": {"none": {}}}, "/narrow/none"),
    ],
)
def test_a_wrong_change_is_refused_and_the_request_stays(company, ask, sent, pointer):
    request = ask()

    answer = caller(company.consumer)("POST", f"access-requests/{request.pk}/amend", sent)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["problems"]] == [pointer]
    request.refresh_from_db()
    assert request.round == 1


def test_only_whoever_asked_for_access_changes_it(company, ask):
    request, sent = ask(), {"until": in_days(10).isoformat()}
    path = f"access-requests/{request.pk}/amend"

    assert caller(company.owner)("POST", path, sent).status_code == 403
    assert caller(member_of(TeamFactory()))("POST", path, sent).status_code == 404
    decide(request=request, actor=company.owns, approve=False, note="No")
    assert caller(company.consumer)("POST", path, sent).status_code == 409
    service = Request.objects.create(kind="service", requester=company.consumer, title="Shop")
    unknown = caller(company.consumer)("POST", f"access-requests/{service.pk}/amend", sent)
    assert unknown.status_code == 404
