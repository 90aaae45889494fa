"""The score as a picture, inside and at an address that owners gave away."""

import re

import pytest
from django.test import Client

from accounts.states import TeamRole
from catalog.products.models import DataProduct
from catalog.quality.models import BadgeLink
from core.models import AuditEvent
from tests.catalog.quality.telling import say, signed_in, tab
from tests.factories import (
    UserFactory,
    member_of,
)

pytestmark = pytest.mark.django_db


def test_a_badge_shows_the_score_to_who_may_see_the_product(reader, port, checks):
    url = f"/products/{port.product.fqn}/badge.svg"
    assert "not measured" in reader.get(url).content.decode()
    say(checks["no gaps"], "fail", failed=8)

    answer = reader.get(url)

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "private, max-age=300"
    assert ">92</text>" in answer.content.decode()
    again = reader.get(url, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    say(checks["no gaps"], "fail", failed=50)
    assert reader.get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 200
    assert Client().get(url).status_code == 302
    DataProduct.objects.update(visibility="restricted")
    assert reader.get(url).status_code == 404


def shared_address(owner, port):
    owner.post(f"/products/{port.product.fqn}/badge/", {"do": "share"})
    return re.search(r"http://testserver(/badges/[^<\"]+\.svg)", tab(owner, port))[1]


def test_an_owner_gives_an_address_away_and_takes_it_back(owner, port, checks):
    say(checks["no gaps"], "fail", failed=8)
    url = shared_address(owner, port)
    owner.post(f"/products/{port.product.fqn}/badge/", {"do": "share"})  # the same one

    answer = Client().get(url)

    assert BadgeLink.objects.count() == 1
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=300"
    text = answer.content.decode()
    assert ">92</text>" in text
    assert port.product.name not in text
    owner.post(f"/products/{port.product.fqn}/badge/", {"do": "revoke"})
    assert Client().get(url).status_code == 404
    assert shared_address(owner, port) != url
    assert Client().get(url).status_code == 404
    verbs = AuditEvent.objects.filter(verb__startswith="quality.badge").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "quality.badge-shared",
        "quality.badge-revoked",
        "quality.badge-shared",
    ]


def test_addresses_cannot_be_guessed(owner, port, checks, django_assert_num_queries):
    url = shared_address(owner, port)
    link = BadgeLink.objects.get()
    stem = url.removesuffix(".svg")
    known = Client().get(url).status_code
    for guess in (
        f"/badges/{link.pk}",
        f"/badges/{link.pk.hex}",
        stem[:-1],
        f"{stem}x",
        "/badges/x",
    ):
        with django_assert_num_queries(0):
            answer = Client().get(f"{guess}.svg")
        assert (answer.status_code, answer.content) == (404, b"There is no such badge.\n")
    assert known == 200


@pytest.mark.parametrize("status", ["draft", "retired", "proposed"])
def test_what_is_not_listed_has_no_badge_outside(owner, port, checks, status):
    url = shared_address(owner, port)

    DataProduct.objects.update(status=status)

    assert Client().get(url).status_code == 404


def test_only_the_team_shares(port, checks, team):
    url = f"/products/{port.product.fqn}/badge/"
    viewer = signed_in(member_of(team, TeamRole.VIEWER))

    assert signed_in(UserFactory()).post(url, {"do": "share"}).status_code == 403
    assert viewer.post(url, {"do": "share"}).status_code == 403
    assert not BadgeLink.objects.exists()
