"""What the frame of a page says of what waits for its reader."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from portal.context import _waiting_statement
from portal.models import Notification
from provisioning.requests.models import Approval
from provisioning.requests.states import ApprovalState
from tests.clients import browser
from tests.factories import TeamFactory, UserFactory, actor_for, member_of, waiting_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting():
    """A request that a team has to decide."""
    team = TeamFactory()
    waiting_request(team, requester=UserFactory())
    return team


def counts(client) -> tuple[int, int]:
    context = client.get("/teams/").context
    (approvals,) = [each for each in context["nav"] if each["label"] == "Approvals"]
    return approvals["count"](), context["unread"]()


def test_it_counts_anew_for_each_page(waiting):
    person = member_of(waiting, role="contributor")
    client = browser(person)
    assert counts(client) == (0, 0)

    Notification.objects.create(user=person, event_id=uuid4(), kind="announcement", title="News")
    assert counts(client) == (0, 1)
    Membership.objects.filter(user=person).update(role="owner")
    assert counts(client) == (1, 1)
    Approval.objects.update(state=ApprovalState.CLOSED)
    assert counts(client) == (0, 1)


def test_the_statement_is_kept_for_a_person_and_holds_no_moment(waiting):
    actor = actor_for(member_of(waiting))

    text, parameters = _waiting_statement(actor)

    assert _waiting_statement(actor_for(member_of(waiting)))[1] != parameters
    assert not [each for each in parameters if isinstance(each, dt.datetime | dt.date)]
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        cursor.execute(text, parameters)
    assert len(asked) == 1
