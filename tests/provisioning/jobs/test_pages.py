"""The live page, the list of resources, and REST: who sees what, and what changes."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from provisioning.jobs.models import Operation, OperationLog, Worker
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationState
from tests.factories import UserFactory, member_of
from tests.provisioning.jobs.shelf import permanent, temporary

HTMX = {"headers": {"HX-Request": "true"}}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def browser(owner) -> Client:
    return client_of(User.objects.get(pk=owner.user_id))


@pytest.fixture
def outsider(transactional_db) -> Client:
    return client_of(UserFactory())


def page_of(operation: Operation) -> str:
    return reverse("jobs:operation", args=[operation.pk])


def rest_of(operation: Operation, verb: str = "") -> str:
    name = f"rest:operation-{verb}" if verb else "rest:operation"
    return reverse(name, args=[operation.pk])


def test_the_page_of_a_running_operation_asks_for_changes(accepted, browser):
    operation = accepted("a", "b")

    page = browser.get(page_of(operation)).content.decode()

    assert "Put a, b" in page
    assert "0 of 2 steps" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Cancel and undo" in page
    assert "accepted: Put a, b" in page


def test_a_finished_operation_is_not_asked_for_any_more(accepted, browser):
    operation = accepted("a")
    run_due()

    page = browser.get(page_of(operation)).content.decode()

    assert 'hx-trigger="every' not in page
    assert "Cancel and undo" not in page
    assert "1 of 1 steps" in page


def test_a_poll_brings_only_new_lines_and_only_changed_parts(accepted, browser):
    operation = accepted("a")
    seen = OperationLog.objects.latest("id").pk
    first = browser.get(page_of(operation))
    revision = first.context["view"].revision

    idle = browser.get(page_of(operation), {"after": seen, "rev": revision}, **HTMX)
    run_due()
    later = browser.get(page_of(operation), {"after": seen, "rev": revision}, **HTMX)

    assert 'id="job-steps"' not in idle.content.decode()
    assert 'id="log"' not in idle.content.decode()
    text = later.content.decode()
    assert "<html" not in text
    assert "accepted:" not in text
    assert "a is on the shelf" in text
    assert 'id="job-steps"' in text
    assert "every 1s" not in text


def test_what_waits_says_why_and_offers_to_try_now(accepted, browser, shelf):
    operation = accepted("a", "b")
    shelf.faults["b"] = temporary(1)
    run_due()

    page = browser.get(page_of(operation)).content.decode()

    assert "The shelf is busy." in page
    assert "Nothing is lost" in page
    assert reverse("jobs:retry", args=[operation.pk]) in page


def test_a_failed_operation_is_retried_from_its_page(accepted, browser, shelf):
    operation = accepted("a")
    shelf.faults["a"] = permanent()
    run_due()

    answer = browser.post(reverse("jobs:retry", args=[operation.pk]))

    repeated = Operation.objects.exclude(pk=operation.pk).get()
    assert answer.url == page_of(repeated)


def test_cancelling_from_the_page_ends_a_queued_operation(accepted, browser):
    operation = accepted("a")

    browser.post(reverse("jobs:cancel", args=[operation.pk]))

    operation.refresh_from_db()
    assert operation.state == OperationState.CANCELLED


@pytest.mark.parametrize("name", ["operation", "log", "cancel", "retry"])
def test_an_operation_one_may_not_see_is_as_unknown_as_none(name, accepted, outsider):
    operation = accepted("a")
    method = outsider.post if name in {"cancel", "retry"} else outsider.get

    unseen = method(reverse(f"jobs:{name}", args=[operation.pk]))
    unknown = method(reverse(f"jobs:{name}", args=[uuid4()]))

    assert (unseen.status_code, unknown.status_code) == (404, 404)
    operation.refresh_from_db()
    assert operation.state == OperationState.QUEUED


def test_a_viewer_of_the_team_sees_but_does_not_cancel(accepted, team):
    operation = accepted("a")
    viewer = client_of(member_of(team, role="viewer"))

    page = viewer.get(page_of(operation))
    refused = viewer.post(reverse("jobs:cancel", args=[operation.pk]))

    assert "Cancel and undo" not in page.content.decode()
    assert refused.status_code == 403
    operation.refresh_from_db()
    assert operation.cancel_requested_at is None


def test_the_log_can_be_downloaded(accepted, browser):
    operation = accepted("a")

    answer = browser.get(reverse("jobs:log", args=[operation.pk]))

    assert "attachment" in answer["Content-Disposition"]
    assert "job: accepted: Put a" in answer.content.decode()


def test_resources_lists_what_is_there_with_its_effects(accepted, browser, outsider):
    accepted("a", "b")
    empty = browser.get(reverse("jobs:resources")).content.decode()
    run_due()

    page = browser.get(reverse("jobs:resources")).content.decode()
    foreign = outsider.get(reverse("jobs:resources")).content.decode()

    assert "Nothing is there just now" in empty
    assert "2 objects" in page
    assert "<code>a</code>" in page
    assert "things" not in foreign


def test_pages_of_resources_need_the_same_number_of_queries_for_any_number(
    accepted, browser, django_assert_max_num_queries
):
    for name in "abcde":
        accepted(name)
    run_due()

    with django_assert_max_num_queries(12):
        browser.get(reverse("jobs:resources"))


def test_rest_gives_state_steps_and_lines_after_the_cursor(accepted, browser):
    operation = accepted("a")
    first = browser.get(rest_of(operation)).json()
    run_due()

    later = browser.get(rest_of(operation), {"after": first["next_after"]}).json()

    assert (first["state"], later["state"]) == ("queued", "succeeded")
    assert first["log"][0]["text"] == "accepted: Put a"
    assert all(line["id"] > first["next_after"] for line in later["log"])
    assert later["steps"][0]["state"] == "verified"
    assert later["result"] == {"a": "there"}
    assert later["failure"] is None


def test_rest_refuses_a_cursor_that_is_no_number(accepted, browser):
    assert browser.get(rest_of(accepted("a")), {"after": "x"}).status_code == 400


def test_rest_cancels_and_retries(accepted, browser):
    operation = accepted("a")

    cancelled = browser.post(rest_of(operation, "cancel"))
    again = browser.post(rest_of(operation, "retry"))
    twice = browser.post(rest_of(operation, "cancel"))

    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    assert again.status_code == 202
    assert again["Location"] == rest_of(Operation.objects.active().get())
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/invalid-transition")


def test_rest_hides_what_one_may_not_see(accepted, outsider):
    operation = accepted("a")

    unseen = outsider.get(rest_of(operation))
    unknown = outsider.get(reverse("rest:operation", args=[uuid4()]))

    assert unseen.status_code == unknown.status_code == 404
    assert unseen.json() == unknown.json()


def test_rest_lists_resources(accepted, browser, outsider):
    accepted("a")
    run_due()

    listed = browser.get(reverse("rest:resources")).json()

    assert listed["next"] is None
    assert [effect["name"] for effect in listed["results"][0]["effects"]] == ["a"]
    assert outsider.get(reverse("rest:resources")).json()["results"] == []


def test_the_list_of_jobs_shows_what_the_reader_may_see(accepted, browser, outsider):
    operation = accepted("a")

    seen = browser.get(reverse("jobs:jobs")).content.decode()
    unseen = outsider.get(reverse("jobs:jobs")).content.decode()

    assert operation.title in seen
    assert operation.title not in unseen
    assert "No such job" in unseen
    assert "Workers" not in seen


def test_platform_engineers_see_the_queue_and_its_workers(accepted, django_assert_max_num_queries):
    waiting, stuck = accepted("a"), accepted("b")
    Operation.objects.filter(pk=stuck.pk).update(state="compensating", attempt=11)
    Worker.objects.create(host="big-host", pid=77, version="1")
    browser = client_of(UserFactory(portal_role="platform"))
    browser.get("/")

    with django_assert_max_num_queries(8):
        page = browser.get(reverse("jobs:jobs")).content.decode()
    only = browser.get(reverse("jobs:jobs"), {"show": "stuck"}).content.decode()

    assert "Due, not taken" in page
    assert "big-host:77" in page
    assert "Needs an operator" in page
    assert waiting.title in page
    assert waiting.title not in only
    assert stuck.title in only


def test_the_list_in_rest_is_filtered_and_paged(accepted, browser):
    for name in ("a", "b", "c"):
        accepted(name)
    url = reverse("rest:operations")

    first = browser.get(url, {"page_size": 2, "state": "queued"}).json()
    rest = browser.get(first["next"]).json()
    none = browser.get(url, {"needs_operator": "true"}).json()
    wrong = browser.get(url, {"state": "lost"})

    titles = [each["title"] for each in first["results"] + rest["results"]]
    assert titles == ["Put c", "Put b", "Put a"]
    assert rest["next"] is None
    assert none["results"] == []
    assert wrong.status_code == 400
