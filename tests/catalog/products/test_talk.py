"""Following, announcements and comments."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import create_token
from accounts.states import PortalRole, TeamRole
from catalog.products.models import Announcement, Comment, Follow
from catalog.products.selectors.talk import news_for, threads_of
from catalog.products.services import (
    TooManyComments,
    edit_announcement,
    edit_comment,
    end_announcement,
    follow_product,
    make_announcement,
    remove_comment,
    unfollow_product,
    write_comment,
)
from catalog.products.services.commenting import MAX_AN_HOUR, MAX_REPLIES
from catalog.products.states import ProductStatus
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import OutboxEvent
from tests.clients import browser
from tests.factories import ProductFactory, TeamFactory, UserFactory, actor_for, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="sales-data", name="Sales Data")


@pytest.fixture
def product(team):
    return ProductFactory(owner=team, slug="orders", name="Orders")


@pytest.fixture
def owner(team):
    return member_of(team, TeamRole.CONTRIBUTOR, username="olga")


@pytest.fixture
def reader():
    return UserFactory(username="rita")


def codes(refused) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in refused.value.problems]


def test_following_twice_is_as_once_and_ends(product, reader):
    actor = actor_for(reader)

    assert follow_product(product=product, actor=actor) == 1
    assert follow_product(product=product, actor=actor) == 1
    assert unfollow_product(product=product, actor=actor) == 0
    assert unfollow_product(product=product, actor=actor) == 0


def test_the_button_follows_and_answers_itself_to_htmx(product, reader):
    client = browser(reader)
    address = f"/products/{product.fqn}/follow/"

    part = client.post(address, {"follow": "on"}, headers={"HX-Request": "true"}).text
    page = client.get(f"/products/{product.fqn}/").text
    back = client.post(address, {"follow": "off"})

    assert "Unfollow" in part
    assert "<html" not in part
    assert "Unfollow" in page
    assert back["Location"] == f"/products/{product.fqn}/"
    assert not Follow.objects.exists()


def test_home_tells_this_weeks_news_of_what_i_follow_and_still_see(product, team, owner, reader):
    hidden = ProductFactory(owner=team, name="Hidden")
    for each in (product, hidden):
        follow_product(product=each, actor=actor_for(reader))
        make_announcement(
            product=each, kind="incident", title=f"{each.name} is late", actor=actor_for(owner)
        )
    Announcement.objects.create(
        product=product, title="Old", starts_at=timezone.now() - dt.timedelta(days=8)
    )
    hidden.status = ProductStatus.DRAFT
    hidden.save(update_fields=["status"])

    news = news_for(actor_for(reader), limit=10)
    page = browser(reader).get("/").text

    assert [(each.kind, each.text) for each in news] == [("incident", "Orders is late")]
    assert "Orders is late" in page
    assert "Hidden" not in page


def test_only_the_team_announces_and_a_refusal_changes_nothing(product, reader, owner):
    viewer = member_of(product.owner, TeamRole.VIEWER)
    steward = UserFactory(portal_role=PortalRole.STEWARD)
    made = make_announcement(product=product, kind="news", title="New", actor=actor_for(owner))
    before = list(Announcement.objects.values()), OutboxEvent.objects.count()

    for person in (reader, viewer, steward):
        actor = actor_for(person)
        with pytest.raises(NotAllowed):
            make_announcement(product=product, kind="news", title="No", actor=actor)
        with pytest.raises(NotAllowed):
            edit_announcement(announcement=made, kind="news", title="No", actor=actor)
        with pytest.raises(NotAllowed):
            end_announcement(announcement=made, actor=actor)

    assert (list(Announcement.objects.values()), OutboxEvent.objects.count()) == before


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"kind": "party"}, ("/kind", "not-in-list")),
        ({"title": " "}, ("/title", "empty-value")),
        ({"title": "x" * 201}, ("/title", "too-long")),
        ({"body": "x" * 5001}, ("/body", "too-long")),
        ({"title": "a\0b"}, ("/title", "value-not-storable")),
        ({"ends_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, ("/ends_at", "impossible-bounds")),
    ],
)
def test_an_announcement_that_breaks_a_rule_is_not_made(product, owner, values, found):
    given = {"kind": "news", "title": "New"} | values

    with pytest.raises(Invalid) as refused:
        make_announcement(product=product, actor=actor_for(owner), **given)

    assert found in codes(refused)
    assert not Announcement.objects.exists()


def test_one_banner_at_a_time_the_most_urgent_first(product, owner, reader):
    client, actor = browser(reader), actor_for(owner)
    address = f"/products/{product.fqn}/"
    make_announcement(product=product, kind="news", title="Columns added", actor=actor)
    assert "Columns added" in client.get(address).text
    make_announcement(product=product, kind="maintenance", title="Closed at night", actor=actor)
    product.status = ProductStatus.DEPRECATED
    product.save(update_fields=["status"])
    deprecated = client.get(address).text
    incident = make_announcement(product=product, kind="incident", title="It lies", actor=actor)

    urgent = client.get(address).text
    end_announcement(announcement=incident, actor=actor)
    after = client.get(address).text

    assert "is deprecated" in deprecated
    assert "Closed at night" not in deprecated
    assert "It lies" in urgent
    assert "is deprecated" not in urgent
    assert after.count('class="banner') == deprecated.count('class="banner') == 1


def test_what_ended_cannot_end_again_and_what_has_not_begun_is_taken_back(product, owner):
    actor = actor_for(owner)
    now = make_announcement(product=product, kind="news", title="Now", actor=actor)
    later = make_announcement(
        product=product,
        kind="news",
        title="Later",
        actor=actor,
        starts_at=timezone.now() + dt.timedelta(days=1),
    )

    end_announcement(announcement=now, actor=actor)
    end_announcement(announcement=later, actor=actor)

    assert list(Announcement.objects.values_list("title", flat=True)) == ["Now"]
    with pytest.raises(InvalidTransition):
        end_announcement(announcement=now, actor=actor)


def test_the_form_keeps_what_was_typed_and_names_the_field(product, owner):
    typed = {"kind": "maintenance", "title": "", "body": "Tonight", "ends_at": "soon"}

    answer = browser(owner).post(f"/products/{product.fqn}/announcements/new/", typed)

    assert answer.status_code == 422
    assert "Tonight" in answer.text
    assert 'value="soon"' in answer.text
    assert "Write the moment as" in answer.text
    assert not Announcement.objects.exists()


def test_a_thread_has_one_level_and_the_newest_stands_first(product, owner, reader):
    asker, answerer = actor_for(reader), actor_for(owner)
    first = write_comment(product=product, body="How fresh?", actor=asker)
    reply = write_comment(product=product, body="Two hours", actor=answerer, parent=first)
    thanks = write_comment(product=product, body="Thank you", actor=asker, parent=reply)
    second = write_comment(product=product, body="And now?", actor=asker)

    threads = threads_of(product, asker).rows

    assert thanks.parent_id == first.pk
    assert [said.comment for said in threads] == [second, first]
    assert [said.comment for said in threads[1].replies] == [reply, thanks]
    assert [said.can_edit for said in threads[1].replies] == [False, True]


def test_a_comment_is_changed_by_its_author_alone(product, owner, reader):
    comment = write_comment(product=product, body="How fresh?", actor=actor_for(reader))

    for person in (owner, UserFactory(portal_role=PortalRole.ADMIN)):
        with pytest.raises(NotAllowed):
            edit_comment(comment=comment, body="Mine", actor=actor_for(person))
    edited = edit_comment(comment=comment, body="How old?", actor=actor_for(reader))

    assert (edited.body, edited.edited_at is not None) == ("How old?", True)


def test_the_author_the_team_and_stewards_remove_and_the_place_stays(product, owner, reader):
    steward = UserFactory(portal_role=PortalRole.STEWARD)
    stranger = UserFactory()
    for person in (reader, owner, steward):
        comment = write_comment(product=product, body="Rude", actor=actor_for(reader))
        with pytest.raises(NotAllowed):
            remove_comment(comment=comment, actor=actor_for(stranger))
        remove_comment(comment=comment, actor=actor_for(person))
        comment.refresh_from_db()
        assert (comment.body, comment.removed_at is not None) == ("", True)
        with pytest.raises(InvalidTransition):
            remove_comment(comment=comment, actor=actor_for(person))
        with pytest.raises(InvalidTransition):
            edit_comment(comment=comment, body="Again", actor=actor_for(reader))

    page = browser(reader).get(f"/products/{product.fqn}/?tab=activity").text
    assert page.count("This comment was removed.") == 3
    assert "Rude" not in page


@pytest.mark.parametrize(
    ("body", "code"),
    [(" \n", "empty-value"), ("x" * 5001, "too-long"), ("a\0b", "value-not-storable")],
)
def test_a_comment_without_words_or_with_too_many_is_not_kept(product, reader, body, code):
    with pytest.raises(Invalid) as refused:
        write_comment(product=product, body=body, actor=actor_for(reader))

    assert codes(refused) == [("/body", code)]
    assert not Comment.objects.exists()


def test_a_reply_stays_on_its_product_and_a_full_thread_takes_no_more(product, reader):
    actor = actor_for(reader)
    elsewhere = Comment.objects.create(product=ProductFactory(), body="x")
    top = Comment.objects.create(product=product, body="x")
    Comment.objects.bulk_create(
        Comment(product=product, parent=top, body="x") for _ in range(MAX_REPLIES)
    )

    for parent, code in ((elsewhere, "unknown-comment"), (top, "thread-full")):
        with pytest.raises(Invalid) as refused:
            write_comment(product=product, body="Me too", actor=actor, parent=parent)
        assert codes(refused) == [("/parent", code)]


def test_a_person_writes_twenty_an_hour_and_keeps_what_was_typed(product, reader):
    rows = Comment.objects.bulk_create(
        Comment(product=product, author=reader, body="x") for _ in range(MAX_AN_HOUR)
    )

    with pytest.raises(TooManyComments):
        write_comment(product=product, body="More", actor=actor_for(reader))
    answer = browser(reader).post(f"/products/{product.fqn}/comments/", {"body": "Typed words"})
    assert (answer.status_code, "Typed words" in answer.text) == (429, True)
    assert Comment.objects.count() == MAX_AN_HOUR

    rows[0].created_at = timezone.now() - dt.timedelta(hours=2)
    rows[0].save(update_fields=["created_at"])
    assert write_comment(product=product, body="More", actor=actor_for(reader)).pk


def test_markdown_is_rendered_and_scripts_are_not(product, owner, reader):
    hostile = '**bold** <script>alert(1)</script> [x](javascript:alert(1)) <img onerror="a">'
    write_comment(product=product, body=hostile, actor=actor_for(reader))
    make_announcement(
        product=product, kind="news", title=hostile[:150], body=hostile, actor=actor_for(owner)
    )

    page = browser(reader).get(f"/products/{product.fqn}/?tab=activity").text

    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page


def test_older_threads_are_a_page_further_and_the_cost_stays(
    product, owner, reader, django_assert_max_num_queries
):
    for at in range(25):
        top = Comment.objects.create(product=product, author=reader, body=f"Question {at}.")
        Comment.objects.create(product=product, parent=top, author=owner, body="Answer")
        Announcement.objects.create(product=product, title=f"News {at}", author=owner)
    client = browser(reader)
    client.get("/")

    # revisions, announcements, threads, replies, incidents around it: one each
    with django_assert_max_num_queries(13):
        page = client.get(f"/products/{product.fqn}/?tab=activity")
    older = client.get(
        f"/products/{product.fqn}/?tab=activity&comments={page.context['older_threads']}"
    )

    assert "Question 24." in page.text
    assert "Question 4." not in page.text
    assert "Question 4." in older.text
    assert "Older comments" not in older.text


def test_rest_follows_announces_and_comments(product, owner, reader):
    _, token = create_token(user=owner, name="t", scopes=["read", "write"])
    call = {"headers": {"Authorization": f"Bearer {token}"}, "content_type": "application/json"}
    client, base = Client(), f"/api/v1/products/{product.fqn}"

    followed = client.post(f"{base}/follow", {}, **call).json()
    made = client.post(
        f"{base}/announcements", {"title": "New", "ends_at": "2099-01-01T00:00:00Z"}, **call
    ).json()
    edited = client.patch(f"{base}/announcements/{made['id']}", {"kind": "incident"}, **call).json()
    comment = client.post(f"{base}/comments", {"body": "Hello"}, **call).json()
    client.post(f"{base}/comments", {"body": "Hi", "parent": comment["id"]}, **call)
    bad = client.post(f"{base}/comments", {"body": "Hi", "parent": 2**62}, **call)
    removed = client.delete(f"{base}/comments/{comment['id']}", **call)
    listed = client.get(f"{base}/comments?page_size=1", **call).json()

    assert followed == {"following": True, "followers": 1}
    assert (edited["kind"], edited["title"], edited["live"]) == ("incident", "New", True)
    assert edited["ends_at"] == made["ends_at"] == "2099-01-01T00:00:00Z"
    assert (bad.status_code, bad.json()["problems"][0]["code"]) == (422, "unknown-comment")
    assert removed.status_code == 204
    assert [each["body"] for each in listed["results"]] == [""]
    assert [each["body"] for each in listed["results"][0]["replies"]] == ["Hi"]


def test_the_viewer_reads_what_they_follow(product, reader):
    follow_product(product=product, actor=actor_for(reader))
    query = "{ viewer { follows(first: 5) { edges { node { fqn } } } } }"

    answer = browser(reader).post("/graphql/", {"query": query}, content_type="application/json")

    edges = answer.json()["data"]["viewer"]["follows"]["edges"]
    assert [edge["node"]["fqn"] for edge in edges] == [product.fqn]
