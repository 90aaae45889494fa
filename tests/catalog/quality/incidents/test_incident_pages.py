"""The list of incidents, one of them, the forms, and the times of teams."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.quality.models import Incident, QualitySettings
from catalog.quality.selectors.incidents import times_in_domain, times_of_team
from tests.catalog.quality.incidents.seen import HOUR, breaks, flows, make, mends, text_of
from tests.clients import browser
from tests.factories import (
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="sales", name="Sales")


@pytest.fixture
def owner(team):
    return browser(member_of(team, username="olga"))


@pytest.fixture
def reader():
    return browser(UserFactory(username="rita"))


def test_those_of_my_teams_stand_first(owner, team):
    breaks(make("Others"), "others gap", 0 * HOUR)
    breaks(make("Orders", team), "my gap")

    page = text_of(owner, "/incidents/")

    assert page.index("my gap") < page.index("others gap")
    assert "Of my teams" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Orders", "Margin"}),
        ("state=all", {"Orders", "Margin", "Returns"}),
        ("state=resolved", {"Returns"}),
        ("state=acknowledged", set()),
        ("state=nonsense", {"Orders", "Margin"}),
        ("team=sales", {"Orders"}),
        ("domain=finance", {"Margin"}),
        ("domain=fin", set()),
        ("product=finance.emea.margin", {"Margin"}),
        ("mine=1", {"Orders"}),
        ("product=%00", {"Orders", "Margin"}),
    ],
)
def test_the_list_is_filtered(owner, team, query, names):
    finance = TeamFactory(domain__path="finance.emea")
    breaks(make("Orders", team))
    breaks(make("Margin", finance))
    mends(breaks(make("Returns", team)))

    page = text_of(owner, f"/incidents/?{query}")

    assert {name for name in ("Orders", "Margin", "Returns") if f">{name}</a>" in page} == names


def test_it_is_paged_and_costs_the_same_on_each_page(reader):
    for n in range(31):
        breaks(make(f"P{n:02}"), f"gap {n:02}")
    first = reader.get("/incidents/")
    following = first.context["pager"]["next"]

    second = reader.get(following)

    shown = [[each.title for each in page.context["rows"]] for page in (first, second)]
    assert [len(each) for each in shown] == [25, 6]
    assert len({*shown[0], *shown[1]}) == 31


def test_incidents_of_unseen_products_are_not_listed_and_answer_like_unknown_ones(reader, team):
    breaks(make("Salaries", team, visibility="restricted"))
    unseen = text_of(reader, Incident.objects.get().get_absolute_url(), 404)
    unknown = text_of(reader, "/incidents/0190c8a5-7c1e-7000-8000-000000000000/", 404)

    assert "Nothing is broken" in text_of(reader, "/incidents/")
    assert "Salaries" not in unseen
    assert len(unseen) - len(unknown) in range(-400, 400)


def test_one_shows_results_timeline_and_whom_it_reaches(reader, team):
    source, target = make("Orders", team), make("Lines", team)
    flows(source, target)
    check = breaks(source)

    page = text_of(reader, Incident.objects.get().get_absolute_url())

    assert "4 of 100" in page
    assert f'href="{source.get_absolute_url()}checks/{check.pk}/">The check</a>' in page
    assert "by the portal" in page
    assert ">Lines</a>" in page
    assert "What you can do" not in page


def test_what_no_check_tells_of_speaks_of_no_results(reader, team):
    product = make("Orders", team)
    at = timezone.now()
    for cause, words in (("late", "when the promise ended"), ("manual", "as reported")):
        found = Incident.objects.create(product=product, cause=cause, title="x", broke_at=at)

        page = text_of(reader, found.get_absolute_url())

        assert words in page
        assert "Bad results" not in page
        assert "first bad result" not in page


def test_it_is_handled_on_its_page(owner, team):
    product = make("Orders", team)
    breaks(product)
    found = Incident.objects.get()
    url = found.get_absolute_url()

    assert owner.post(f"{url}acknowledge/").status_code == 302
    assert owner.post(f"{url}note/", {"note": "The loader <b>hung</b>"}).status_code == 302
    assert owner.post(f"{url}assign/", {"person": ""}).status_code == 302
    assert "Assigned to olga" in text_of(owner, url)
    assert "The loader &lt;b&gt;hung&lt;/b&gt;" in text_of(owner, url)
    assert owner.post(f"{url}resolve/", {"note": "Loaded again"}).status_code == 302
    found.refresh_from_db()
    assert (found.state, found.assignee) == ("resolved", None)
    assert owner.post(f"{url}resolve/", {"note": "Again"}).status_code == 409
    assert owner.post(f"{url}acknowledge/").status_code == 409


def test_what_is_refused_keeps_what_was_typed(owner, team):
    breaks(make("Orders", team))
    url = Incident.objects.get().get_absolute_url()

    refused = owner.post(f"{url}resolve/", {"note": "x" * 2001})
    assert refused.status_code == 422
    assert "x" * 2001 in refused.content.decode()
    assert owner.post(f"{url}assign/", {"person": "stranger"}).status_code == 422
    assert Incident.objects.get().state == "open"


def test_a_reader_may_look_and_nothing_else(reader, team):
    product = make("Orders", team)
    breaks(product)
    url = Incident.objects.get().get_absolute_url()

    for verb in ("acknowledge", "assign", "note", "resolve"):
        assert reader.post(f"{url}{verb}/", {"note": "x", "person": "rita"}).status_code == 403
    assert reader.get(f"/products/{product.fqn}/incidents/new/").status_code == 403
    assert reader.get(f"/products/{product.fqn}/quality-settings/").status_code == 403
    assert Incident.objects.get().events.count() == 1


def test_somebody_reports_one(owner, team):
    product = make("Orders", team)
    url = f"/products/{product.fqn}/incidents/new/"
    assert "What is wrong" in text_of(owner, url)

    for wrong in ({"title": ""}, {"title": "x", "broke_at": "soon"}, {"title": "x", "port": "y"}):
        refused = owner.post(url, {"severity": "major", **wrong})
        assert refused.status_code == 422
    assert not Incident.objects.exists()
    given = {"title": "Wrong prices", "severity": "critical", "broke_at": "2026-01-02T03:04"}
    assert owner.post(url, given).status_code == 302
    found = Incident.objects.get()
    assert (found.title, found.cause, found.broke_at) == (
        "Wrong prices",
        "manual",
        dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
    )


def test_owners_set_what_is_one(owner, team):
    product = make("Orders", team)
    url = f"/products/{product.fqn}/quality-settings/"
    given = {"score_threshold": "92.5", "downstream_hops": "2", "watches_anomalies": "true"}

    mistakes = ({"score_threshold": "much"}, {"downstream_hops": "9"}, {"downstream_hops": "1.5"})
    for wrong in mistakes:
        refused = owner.post(url, {**given, **wrong})
        assert refused.status_code == 422
        assert not QualitySettings.objects.exists()
    assert owner.post(url, given).status_code == 302
    kept = QualitySettings.objects.get()
    assert (kept.score_threshold, kept.downstream_hops, kept.watches_anomalies) == (92.5, 2, True)
    assert 'value="92.5"' in text_of(owner, url)
    assert owner.post(url, {"downstream_hops": "1"}).status_code == 302
    assert QualitySettings.objects.get().score_threshold is None


# how soon teams notice and mend


def ended(product, noticed, repaired, ago=dt.timedelta(days=5)):
    at = timezone.now() - ago
    Incident.objects.create(
        product=product,
        cause="manual",
        title="x",
        state="resolved",
        broke_at=at - noticed,
        detected_at=at,
        resolved_at=at + repaired,
    )


def test_times_are_medians_of_ninety_days(team):
    product = make("Orders", team)
    for noticed, repaired in ((1, 10), (2, 20), (60, 600)):
        ended(product, noticed * HOUR, repaired * HOUR)
    ended(product, 999 * HOUR, 999 * HOUR, dt.timedelta(days=91))
    breaks(product, ago=2 * HOUR)
    actor = actor_for(UserFactory())

    [found] = times_of_team(actor, "sales")

    assert (found.name, found.incidents, found.unresolved) == ("Sales", 4, 1)
    assert found.to_repair == 20 * HOUR
    assert abs(found.to_detect - 2 * HOUR) < dt.timedelta(minutes=1)


def test_times_say_nothing_of_what_the_reader_may_not_see(team):
    ended(make("Salaries", team, visibility="restricted"), HOUR, HOUR)

    assert times_of_team(actor_for(UserFactory()), "sales") == []


def test_a_domain_lists_its_teams(team):
    first, second = TeamFactory(domain__path="food"), TeamFactory(domain__path="food.milk")
    for owner_team, count in ((first, 1), (second, 2)):
        product = make(f"P{count}", owner_team)
        for _ in range(count):
            ended(product, HOUR, HOUR)
    ended(make("Orders", team), HOUR, HOUR)

    found = times_in_domain(actor_for(UserFactory()), "food")

    assert [(each.slug, each.incidents) for each in found] == [(second.slug, 2), (first.slug, 1)]
