"""Verbs on products, wishes and news, and what the caller has; problems are data."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import create_token
from accounts.states import Scope
from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.products.models import Announcement, Comment, DataProduct, Demand, Follow
from core.ids import uuid7
from core.models import AuditEvent
from portal.models import Notification
from tests.factories import (
    ContractVersionFactory,
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    member_of,
)
from tests.portal.graphql.asking import PROBLEMS, codes, field, nodes, pointers
from tests.portal.graphql.conftest import ask_as

pytestmark = pytest.mark.django_db

DEPRECATE = f"""mutation ($fqn: String!, $successor: String, $on: Date) {{
    deprecateProduct(fqn: $fqn, successor: $successor, sunsetOn: $on) {{
        product {{ status sunsetOn successor {{ fqn }} }} {PROBLEMS} }} }}"""


@pytest.fixture
def owned():
    """A published product, and one of its owners."""
    team = TeamFactory()
    return ProductFactory(owner=team), member_of(team)


def test_an_owner_deprecates_and_retires_a_product(owned):
    product, owner = owned
    successor = ProductFactory()
    on = timezone.now().date() + dt.timedelta(days=30)
    ask = ask_as(owner)

    deprecated = field(ask, DEPRECATE, fqn=product.fqn, successor=successor.fqn, on=str(on))
    retire = """mutation ($fqn: String!) { retireProduct(fqn: $fqn) {
        product { status } problems { code } } }"""
    retired = field(ask, retire, fqn=product.fqn)

    assert deprecated["product"] == {
        "status": "DEPRECATED",
        "sunsetOn": str(on),
        "successor": {"fqn": successor.fqn},
    }
    assert retired["product"] == {"status": "RETIRED"}
    assert (
        AuditEvent.objects.filter(verb__in=["product.deprecated", "product.retired"]).count() == 2
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"successor": "no.such"}, ("/successor", "unknown-product")),
        ({"on": "2020-01-01"}, ("/sunset_on", "sunset-in-the-past")),
    ],
)
def test_a_wrong_end_is_refused_and_nothing_changes(owned, given, expected):
    product, owner = owned

    assert pointers(ask_as(owner), DEPRECATE, fqn=product.fqn, **given) == [expected]
    product.refresh_from_db()
    assert (product.status, product.sunset_on) == ("active", None)


def test_one_follows_a_product_and_does_not_any_more(ask, member):
    product = ProductFactory()
    verb = "mutation ($fqn: String!) { %s(fqn: $fqn) { product { isFollowed } problems { code } } }"

    followed = field(ask, verb % "followProduct", fqn=product.fqn)
    mine = field(ask, "{ viewer { follows(first: 5) { edges { node { fqn isFollowed } } } } }")
    left = field(ask, verb % "unfollowProduct", fqn=product.fqn)

    assert followed["product"] == {"isFollowed": True}
    assert nodes(mine["follows"]) == [{"fqn": product.fqn, "isFollowed": True}]
    assert left["product"] == {"isFollowed": False}
    assert not Follow.objects.exists()


def test_owners_announce_and_everybody_comments(owned, ask):
    product, owner = owned
    announce = f"""mutation ($p: String!, $t: String!, $ends: DateTime) {{
        announce(product: $p, title: $t, kind: INCIDENT, endsAt: $ends) {{
            announcement {{ kind title author {{ username }} }} {PROBLEMS} }} }}"""
    comment = f"""mutation ($p: String!, $b: String!, $parent: ID) {{
        comment(product: $p, body: $b, parent: $parent) {{
            comment {{ id body }} {PROBLEMS} }} }}"""

    said = field(ask_as(owner), announce, p=product.fqn, t="Late today")
    question = field(ask, comment, p=product.fqn, b="How late?")["comment"]
    field(ask_as(owner), comment, p=product.fqn, b="An hour", parent=question["id"])
    shown = field(
        ask,
        """query ($p: String!) { product(fqn: $p) {
            announcements(live: true) { edges { node { title } } }
            comments { edges { node { body replies { edges { node { body } } } } } } } }""",
        p=product.fqn,
    )

    assert said["announcement"] == {
        "kind": "INCIDENT",
        "title": "Late today",
        "author": {"username": owner.username},
    }
    assert nodes(shown["announcements"]) == [{"title": "Late today"}]
    (thread,) = nodes(shown["comments"])
    assert (thread["body"], nodes(thread["replies"])) == ("How late?", [{"body": "An hour"}])
    assert codes(ask, announce, p=product.fqn, t="x") == ["not-allowed"]
    assert pointers(ask, comment, p=product.fqn, b="x", parent="999999") == [
        ("/parent", "unknown-comment")
    ]
    assert pointers(ask, comment, p=product.fqn, b="x", parent="x") == [
        ("/parent", "unknown-comment")
    ]
    assert (Announcement.objects.count(), Comment.objects.count()) == (1, 2)


def test_a_proposal_is_accepted_by_its_team(owned):
    team = owned[0].owner
    product = ProductFactory(owner=team, status="proposed")
    accept = f"""mutation ($fqn: String!) {{ acceptProduct(fqn: $fqn) {{
        product {{ status }} {PROBLEMS} }} }}"""

    assert codes(ask_as(UserFactory()), accept, fqn=product.fqn) == ["not-found"]
    assert field(ask_as(owned[1]), accept, fqn=product.fqn)["product"] == {"status": "DRAFT"}
    assert codes(ask_as(owned[1]), accept, fqn=product.fqn) == ["invalid-transition"]


def test_an_owner_hands_a_product_over_and_may_see_it_no_more(owned):
    product, to_team = ProductFactory(owner=owned[0].owner, status="draft"), TeamFactory()
    ask = ask_as(owned[1])
    hand = f"""mutation ($fqn: String!, $to: String!) {{
        handOverProduct(fqn: $fqn, team: $to, note: "They know it") {{
            owner {{ slug products(first: 5) {{ edges {{ node {{ fqn }} }} }} }} {PROBLEMS} }} }}"""

    assert pointers(ask, hand, fqn=product.fqn, to="nobody") == [("/team", "unknown-team")]
    assert pointers(ask, hand, fqn=product.fqn, to=product.owner.slug) == [("/team", "same-team")]
    assert codes(ask_as(UserFactory()), hand, fqn=product.fqn, to=to_team.slug) == ["not-found"]
    assert field(ask, hand, fqn=product.fqn, to=to_team.slug) == {
        "owner": {"slug": to_team.slug, "products": {"edges": []}},
        "problems": [],
    }
    assert codes(ask, hand, fqn=product.fqn, to=to_team.slug) == ["not-found"]
    product.refresh_from_db()
    assert product.owner == to_team
    assert AuditEvent.objects.get(verb="product.handed-over").detail["note"] == "They know it"


@pytest.mark.parametrize("since", ["9999-12-30", "2027-01-01", "0001-01-01"])
def test_the_last_day_there_is_is_too_late_to_decide_for_another(member, since):
    lend = f"""mutation ($to: String!, $on: Date) {{
        delegate(to: $to, since: $on, until: "9999-12-31") {{ {PROBLEMS} }} }}"""
    to = UserFactory().username

    found = pointers(ask_as(member), lend, to=to, on=since)

    assert found == ([] if since.startswith("9999") else [("/until", "too-late")])


def test_a_team_takes_a_wish_up_and_answers_it_with_a_product(owned):
    product, owner = owned
    wish, other = (
        Demand.objects.create(title="Sun", need="By hour.", author=UserFactory()) for _ in range(2)
    )
    verb = f"""mutation ($id: ID!, $team: String!, $p: String!, $why: String) {{
        takeDemand(id: $id, team: $team) {{ demand {{ state team {{ slug }} }} {PROBLEMS} }}
        answerDemand(id: $id, product: $p, note: "Daily.") {{
            demand {{ state product {{ fqn }} answer }} {PROBLEMS} }}
        declineDemand(id: $id, reason: $why) {{ demand {{ state }} {PROBLEMS} }} }}"""
    given = {"team": product.owner.slug, "p": product.fqn, "why": "Nobody measures it."}

    done = ask_as(owner)(verb, id=str(wish.pk), **given).json()["data"]
    wrong = ask_as(owner)(verb, id=str(other.pk), **given | {"team": "no", "p": "no"}).json()[
        "data"
    ]
    steward = ask_as(UserFactory(portal_role="steward"))
    decline = f"""mutation ($id: ID!, $why: String) {{ declineDemand(id: $id, reason: $why) {{
        demand {{ state answer }} {PROBLEMS} }} }}"""

    assert done["takeDemand"]["demand"] == {"state": "TAKEN", "team": {"slug": product.owner.slug}}
    assert done["answerDemand"]["demand"] == {
        "state": "ANSWERED",
        "product": {"fqn": product.fqn},
        "answer": "Daily.",
    }
    assert [each["code"] for each in done["declineDemand"]["problems"]] == ["invalid-transition"]
    assert {name: told["problems"][0]["pointer"] for name, told in wrong.items()} == {
        "takeDemand": "/team",
        "answerDemand": "/product",
        "declineDemand": "",
    }
    assert pointers(steward, decline, id=str(other.pk)) == [("/reason", "reason-missing")]
    assert field(steward, decline, id=str(other.pk), why="No.")["demand"]["state"] == "DECLINED"


def test_people_ask_for_data_and_vote(ask, member):
    domain = DomainFactory()
    post = f"""mutation ($d: String) {{ postDemand(title: "Sun", need: "By hour.", domain: $d) {{
        demand {{ id state domain {{ path }} author {{ username }} }} {PROBLEMS} }} }}"""
    vote = f"""mutation ($id: ID!, $n: Boolean!) {{ voteForDemand(id: $id, needed: $n) {{
        demand {{ votes }} {PROBLEMS} }} }}"""
    other = ask_as(UserFactory())

    wish = field(ask, post, d=domain.path)["demand"]
    before = Demand.objects.get().votes
    counts = [
        field(other, vote, id=wish["id"], n=needed)["demand"]["votes"]
        for needed in (True, True, False)
    ]

    assert (wish["state"], wish["domain"]) == ("OPEN", {"path": domain.path})
    assert wish["author"] == {"username": member.username}
    assert counts == [before + 1, before + 1, before]
    assert pointers(ask, post, d="no.such") == [("/domain", "unknown-domain")]
    assert codes(ask, vote, id=wish["id"], n=True) == ["not-allowed"]


def test_news_are_the_callers_own_and_are_marked_as_read(ask, member):
    for user in (member, member, UserFactory()):
        Notification.objects.create(
            user=user, event_id=uuid7(), kind="announcement", title="x", reason="x", url="/"
        )
    mark = f"mutation ($ids: [ID!]) {{ markNotificationsRead(ids: $ids) {{ count {PROBLEMS} }} }}"
    unread = "{ notifications(first: 9, unread: true) { edges { node { id } } } }"
    ids = [each["id"] for each in nodes(field(ask, unread))]

    counted = field(ask, "{ viewer { unreadNotifications } }")
    wrong = field(ask, mark, ids=["x"])
    one = field(ask, mark, ids=ids[:1])
    rest = field(ask, mark)

    assert len(ids) == 2
    assert counted == {"unreadNotifications": 2}
    assert (wrong["count"], wrong["problems"][0]["pointer"]) == (None, "/ids")
    assert (one["count"], rest["count"]) == (1, 1)
    assert Notification.objects.filter(read_at__isnull=True).count() == 1


def test_a_viewer_sees_their_tokens_without_what_opens_doors(member):
    team = TeamFactory()
    _, mine = create_token(user=member, name="mine", scopes=[Scope.READ])
    _, of_team = create_token(user=member, name="job", scopes=[Scope.READ], team=team)
    query = (
        "{ viewer { tokens(first: 9) { edges { node { name prefix scopes team { slug } } } } } }"
    )

    def asked(text):
        return Client().post(
            "/graphql/",
            data={"query": query},
            content_type="application/json",
            headers={"Authorization": f"Bearer {text}"},
        )

    answer, narrow = asked(mine), asked(of_team)

    assert [each["name"] for each in nodes(answer.json()["data"]["viewer"]["tokens"])] == [
        "job",
        "mine",
    ]
    assert [each["name"] for each in nodes(narrow.json()["data"]["viewer"]["tokens"])] in (
        [],
        ["job"],
    )
    assert mine not in answer.content.decode()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [("", "blueprint-or-resource")]),
        ('blueprint: "x", resource: "1", action: UPDATE', [("", "blueprint-or-resource")]),
        ('blueprint: "x", action: UPDATE', [("/action", "not-in-list")]),
        ('resource: "1"', [("/action", "not-in-list")]),
        ('resource: "1", action: RETIRE', [("/resource", "unknown-instance")]),
        ('blueprint: "x"', [("/blueprint", "unknown-blueprint")]),
        ('blueprint: "x", parameters: [1]', [("/parameters", "not-an-object")]),
    ],
)
def test_a_request_names_a_blueprint_or_a_resource(ask, arguments, expected):
    given = f"({arguments})" if arguments else ""

    assert pointers(ask, f"mutation {{ submitRequest{given} {{ {PROBLEMS} }} }}") == expected


def test_columns_are_told_by_class(ask):
    document = {
        "schema": [
            {
                "name": "orders",
                "properties": [
                    {"name": "order_id", "logicalType": "integer"},
                    {"name": "email", "logicalType": "string", "classification": "personal"},
                ],
            }
        ]
    }
    version = ContractVersionFactory(document=document)
    _describe(version, document)
    port = PortFactory(contract=version.contract, contract_version=version)
    query = """query ($p: String!, $c: [String!]) { outputPort(fqn: $p) { contractVersion {
        columns(classification: $c) { edges { node { object path classification } } } } } }"""

    personal = field(ask, query, p=port.fqn, c=["personal"])
    every = field(ask, query, p=port.fqn)

    assert nodes(personal["contractVersion"]["columns"]) == [
        {"object": "orders", "path": "email", "classification": "personal"}
    ]
    assert [each["path"] for each in nodes(every["contractVersion"]["columns"])] == [
        "order_id",
        "email",
    ]


def _describe(version, document):
    for n, each in enumerate(document["schema"]):
        described = SchemaObject.objects.create(version=version, position=n, name=each["name"])
        for m, column in enumerate(each["properties"]):
            SchemaProperty.objects.create(
                object=described,
                position=m,
                path=column["name"],
                name=column["name"],
                logical_type=column["logicalType"],
                classification=column.get("classification", ""),
            )


def test_what_a_team_owns_is_what_the_caller_may_see(ask):
    team = TeamFactory()
    shown = ProductFactory(owner=team)
    ProductFactory(owner=team, status="draft")
    query = """query ($t: String!) { team(slug: $t) {
        products { edges { node { fqn } } }
        domain { path products { edges { node { fqn } } } } } }"""

    seen = field(ask, query, t=team.slug)
    own = field(ask_as(member_of(team)), query, t=team.slug)

    assert nodes(seen["products"]) == [{"fqn": shown.fqn}]
    assert len(nodes(own["products"])) == 2
    assert DataProduct.objects.count() == 2
