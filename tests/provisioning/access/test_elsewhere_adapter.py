"""Access that a tech adapter is told of."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from provisioning.access.models import Credential, Grant
from provisioning.access.services import (
    drop_leavers,
    reveal_credential,
    revoke_grant,
)
from provisioning.access.states import GrantState
from provisioning.requests.services import decide
from tests.factories import ProductFactory, actor_for
from tests.provisioning.access.elsewhere import (
    run_to_rest,
)
from tests.provisioning.drivers.adapter import says

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_adapter_is_told_all_readers_and_who_goes_takes_nobody_along(lake, adapter) -> None:
    ours = lake.granted()
    theirs = lake.granted(consumer=f"user:{lake.auditor.username}", by=lake.auditor)
    group = f"group:{lake.marketing.slug}"
    assert sorted(lake.holds()) == sorted([group, f"user:{lake.auditor.username}"])

    revoke_grant(grant=ours, actor=actor_for(lake.owner), reason="")
    run_to_rest()

    assert lake.holds() == [f"user:{lake.auditor.username}"]
    revoke_grant(grant=theirs, actor=actor_for(lake.owner), reason="")
    run_to_rest()
    assert lake.holds() == []


def test_a_slow_adapter_that_is_told_two_things_at_once_ends_with_both(lake, adapter) -> None:
    adapter.slow = 2
    for request in (
        lake.ask(),
        lake.ask(consumer=f"user:{lake.auditor.username}", by=lake.auditor),
    ):
        decide(request=request, actor=actor_for(lake.owner), approve=True, note="")
    run_to_rest()

    assert len(lake.holds()) == 2
    revoke_grant(grant=Grant.objects.first(), actor=actor_for(lake.owner), reason="")
    revoke_grant(grant=Grant.objects.last(), actor=actor_for(lake.owner), reason="")
    run_to_rest()
    assert lake.holds() == []


def test_a_product_that_changes_hands_is_read_by_its_new_owners(lake) -> None:
    product = ProductFactory(owner=lake.marketing)
    lake.granted(consumer=f"product:{product.fqn}")
    assert lake.holds() == [f"group:{lake.marketing.slug}"]
    assert drop_leavers() == 0

    product.owner = lake.finance
    product.save()
    assert drop_leavers() == 1
    run_to_rest()

    assert lake.holds() == [f"group:{lake.finance.slug}"]
    assert drop_leavers() == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(400, {"errors": ["No such group."]}), "No such group."),
        (says(500, {"userMessage": "The lake is closed."}), "The lake is closed."),
        (says(200, {"status": "FAILED", "result": "Half of it."}), "Half of it."),
    ],
)
def test_an_adapter_that_fails_ends_the_grant_with_a_reason_and_lets_nobody_in(
    lake,
    adapter,
    fault,
    words,
) -> None:
    others = lake.granted(consumer=f"user:{lake.auditor.username}", by=lake.auditor)
    adapter.fail("updateacl", *[fault] * 12)

    failed = lake.approved(lake.ask())

    assert (failed.state, words in failed.end_reason) == (GrantState.REVOKED, True)
    assert lake.holds() == [f"user:{lake.auditor.username}"]
    adapter.faults.clear()
    assert lake.granted().state == GrantState.ACTIVE
    assert len(lake.holds()) == 2
    others.refresh_from_db()
    assert others.state == GrantState.ACTIVE


def test_where_readers_sign_in_as_themselves_there_are_no_credentials(lake) -> None:
    grant = lake.granted()

    with pytest.raises(Invalid, match="You sign in there as yourself"):
        reveal_credential(grant=grant, actor=actor_for(lake.consumer))

    assert not Credential.objects.exists()
