"""Mail: to whom it concerns, as soon as they chose, once, through a real mail server."""

import datetime as dt
import email
import email.message
import email.policy
import time

import pytest
from aiosmtpd.controller import Controller
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import actor_for_token, create_token
from catalog.products.models import Follow
from catalog.products.services import follow_product, make_announcement
from catalog.products.states import ProductStatus
from core import outbox
from core.errors import Invalid, NotAllowed
from portal.models import Mail, MailChoice, Notification
from portal.services import choices_of, choose_mail, forget_old, gather_mails, send_due_mails
from portal.services.mailing import PAUSES, claim_mails, send_mails
from portal.states import GROUP_OF, USUAL, MailGroup, MailState, Pace, group_of, mail_at
from tests.chaos.proxy import free_port
from tests.clients import browser, script
from tests.factories import ProductFactory, UserFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 23, 12, 30, tzinfo=dt.UTC)


class Box:
    """What the mail server took; `refuse` maps an address to its answer."""

    def __init__(self) -> None:
        self.messages: list[email.message.EmailMessage] = []
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(self, server, session, envelope, address, _options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(parsed)
        return "250 OK"


@pytest.fixture
def box(settings):
    found = Box()
    server = Controller(found, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.MAIL_ON, settings.EMAIL_USE_TLS = True, False
    yield found
    server.stop()


@pytest.fixture
def product():
    return ProductFactory(slug="orders", name="Orders", status=ProductStatus.ACTIVE)


@pytest.fixture
def reader(product):
    user = UserFactory(username="rita", display_name="Rita", email="rita@example.org")
    follow_product(product=product, actor=actor_for(user))
    return user


@pytest.fixture
def owner(product):
    return member_of(product.owner, username="olga", email="olga@example.org")


def announce(product, owner, *titles: str) -> None:
    for title in titles:
        make_announcement(product=product, kind="news", title=title, actor=actor_for(owner))
    outbox.drain(limit=1_000)


def time_goes_by() -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Notification.objects.filter(mail_at__isnull=False).update(mail_at=past)
    Mail.objects.filter(next_at__isnull=False).update(next_at=past)


def post() -> None:
    """All that is due goes out."""
    time_goes_by()
    gather_mails()
    send_mails(claim_mails())


def test_all_that_is_due_comes_in_one_mail(box, product, reader, owner):
    announce(product, owner, "New columns", "Moved to Monday")
    post()

    (mail,) = box.messages
    assert mail["To"] == "rita@example.org"
    assert mail["Subject"].startswith("2 things to know")
    text = mail.get_body(("plain",)).get_content()
    assert "Orders: New columns" in text
    assert "Orders: Moved to Monday" in text
    assert f"http://127.0.0.1:8000{product.get_absolute_url()}" in text
    assert "because you follow it" in text
    assert "Orders: New columns" in mail.get_body(("html",)).get_content()
    assert "/settings/notifications/" in mail["List-Unsubscribe"]
    assert Mail.objects.get().state == MailState.SENT
    post()
    assert len(box.messages) == 1


def test_one_thing_is_the_subject_and_cannot_break_the_header(box, product, reader, owner):
    announce(product, owner, "A\tB")
    Notification.objects.update(title="Orders: x\r\nBcc: all@example.org")
    post()

    (mail,) = box.messages
    assert mail["Subject"].strip().startswith("Orders: x Bcc: all@example.org")
    assert mail["Bcc"] is None


def test_titles_are_text_in_the_html_part(box, product, reader, owner):
    announce(product, owner, "<img src=x onerror=alert(1)>")
    post()

    html = box.messages[0].get_body(("html",)).get_content()
    assert "<img" not in html
    assert "&lt;img" in html


def test_nobody_is_mailed_about_their_own_deed(box, product, owner):
    follow_product(product=product, actor=actor_for(owner))
    announce(product, owner, "Mine")
    outbox.emit(
        "product.moved",
        key=product.pk,
        product_id=str(product.pk),
        verb="product.deprecated",
        by=owner.username,
    )
    outbox.drain()

    assert not Notification.objects.exists()


def test_what_was_read_in_the_portal_is_not_mailed(box, product, reader, owner):
    announce(product, owner, "Read", "Not read")
    Notification.objects.filter(title__endswith=": Read").update(read_at=timezone.now())
    post()

    assert "Not read" in box.messages[0]["Subject"]


def test_who_wants_none_gets_none_and_hears_of_it_in_the_portal(box, product, reader, owner):
    choose_mail(actor=actor_for(reader), choices={"follow": "never"})
    announce(product, owner, "News")
    post()

    assert box.messages == []
    assert Notification.objects.filter(user=reader).count() == 1


def test_a_new_choice_counts_for_what_waits(box, product, reader, owner):
    announce(product, owner, "News")
    before = Notification.objects.get().mail_at
    choose_mail(actor=actor_for(reader), choices={"follow": "weekly"})
    later = Notification.objects.get().mail_at
    choose_mail(actor=actor_for(reader), choices={"follow": "never"})

    assert before <= later
    assert later.weekday() == 0
    assert Notification.objects.get().mail_at is None


def test_without_a_server_or_an_address_nothing_waits(box, settings, product, reader, owner):
    reader.email = ""
    reader.save()
    announce(product, owner, "One")
    settings.MAIL_ON = False
    announce(product, owner, "Two")

    assert [each.mail_at for each in Notification.objects.all()] == [None, None]


@pytest.mark.parametrize(
    ("pace", "at"),
    [
        (Pace.SOON, MONDAY + dt.timedelta(minutes=5)),
        (Pace.DAILY, dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)),
        (Pace.WEEKLY, dt.datetime(2026, 11, 30, 6, tzinfo=dt.UTC)),
        (Pace.NEVER, None),
    ],
)
def test_paces(pace, at):
    assert mail_at(pace, MONDAY) == at


def test_early_on_monday_is_this_monday():
    early = MONDAY.replace(hour=5)
    assert (
        mail_at(Pace.WEEKLY, early)
        == mail_at(Pace.DAILY, early)
        == MONDAY.replace(hour=6, minute=0)
    )


def test_every_kind_has_a_group_and_every_group_a_usual_pace():
    assert set(USUAL) == set(MailGroup.values)
    assert {group_of("product.published"), group_of("nothing")} == {MailGroup.FOLLOW}
    assert group_of("request.submitted") == MailGroup.DECIDE
    assert set(GROUP_OF.values()) == {MailGroup.DECIDE, MailGroup.MINE, MailGroup.OWN}


def test_a_server_that_is_away_is_tried_again_and_given_up(box, settings, product, reader, owner):
    there = settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    announce(product, owner, "News")
    post()
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts) == (MailState.WAITING, 1)
    assert mail.next_at > timezone.now() + dt.timedelta(seconds=50)
    settings.EMAIL_PORT = there
    post()
    assert len(box.messages) == 1

    settings.EMAIL_PORT = 1
    announce(product, owner, "More")
    for _ in range(len(PAUSES) + 1):
        post()
    last = Mail.objects.latest("created_at")
    assert (last.state, last.attempts) == (MailState.FAILED, len(PAUSES) + 1)
    assert "does not take it" in last.last_error


def test_an_address_that_does_not_exist_is_given_up_at_once(box, product, reader, owner):
    other = UserFactory(email="gone@example.org")
    follow_product(product=product, actor=actor_for(other))
    box.refuse["gone@example.org"] = "550 No such user"
    announce(product, owner, "News")
    post()

    assert [each["To"] for each in box.messages] == ["rita@example.org"]
    assert Mail.objects.get(user=other).state == MailState.FAILED


def test_a_full_mailbox_is_tried_again(box, product, reader, owner):
    box.refuse["rita@example.org"] = "452 Mailbox full"
    announce(product, owner, "News")
    post()
    assert Mail.objects.get().state == MailState.WAITING
    box.refuse.clear()
    post()
    assert Mail.objects.get().state == MailState.SENT


def test_who_left_gets_nothing(box, product, reader, owner):
    announce(product, owner, "News")
    time_goes_by()
    gather_mails()
    reader.is_active = False
    reader.save()
    post()

    assert box.messages == []
    assert Mail.objects.get().state == MailState.FAILED


def test_a_mail_that_is_sent_twice_has_one_id(box, product, reader, owner):
    """Its sender died after the server took it and before that was written down."""
    announce(product, owner, "News")
    post()
    Mail.objects.update(state=MailState.WAITING, next_at=timezone.now(), sent_at=None)
    post()

    first, second = box.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_two_rounds_at_once_make_one_mail(box, product, reader, owner):
    announce(product, owner, "News")
    time_goes_by()
    assert (gather_mails(), gather_mails()) == (1, 0)
    assert (len(claim_mails()), len(claim_mails())) == (1, 0)


def test_a_round_costs_the_same_for_many_notifications_of_many_people(
    box, product, reader, owner, django_assert_num_queries
):
    for many in (1, 12):
        for _ in range(many):
            other = UserFactory(email="more@example.org")
            follow_product(product=product, actor=actor_for(other))
        people = Follow.objects.filter(product=product).count()
        announce(product, owner, *(f"News {n}" for n in range(many)))
        time_goes_by()
        with django_assert_num_queries(6):  # two of them begin and end the transaction
            assert gather_mails() == people


def test_old_mails_are_forgotten(box, product, reader, owner):
    announce(product, owner, "News")
    post()
    long_ago = timezone.now() - dt.timedelta(days=91)
    Mail.objects.update(created_at=long_ago)
    Notification.objects.update(created_at=long_ago)
    forget_old()

    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("choices", "code"),
    [({"sports": "daily"}, "unknown-group"), ({"follow": "hourly"}, "unknown-pace")],
)
def test_what_cannot_be_chosen_changes_nothing(reader, choices, code):
    with pytest.raises(Invalid) as refused:
        choose_mail(actor=actor_for(reader), choices={"mine": "never", **choices})
    assert refused.value.problems[0].code == code
    assert choices_of(reader.pk) == USUAL
    with pytest.raises(IntegrityError), transaction.atomic():
        MailChoice.objects.create(user=reader, group="follow", pace="hourly")


def test_a_team_has_no_mail(owner, product):
    _, text = create_token(user=owner, name="x", scopes=["write"], team=product.owner)
    with pytest.raises(NotAllowed):
        choose_mail(actor=actor_for_token(text), choices={"mine": "never"})


def test_a_person_chooses_on_the_page(box, product, reader, owner):
    announce(product, owner, "News")
    page = browser(reader)
    shown = page.get("/settings/notifications/").content.decode()
    assert "Orders: News" in shown
    assert 'name="follow" value="daily" checked' in shown
    page.post("/settings/notifications/", {"follow": "weekly", "mine": "never"})

    chosen = choices_of(reader.pk)
    assert (chosen["follow"], chosen["mine"], chosen["decide"]) == ("weekly", "never", "soon")
    page.post("/settings/notifications/", {"follow": "hourly"})
    assert choices_of(reader.pk) == chosen


def test_a_script_reads_and_chooses(client, box, product, reader, owner):
    announce(product, owner, "One", "Two")
    headers = script(reader)
    rows = client.get("/api/v1/notifications?show=new", headers=headers).json()["results"]
    assert [each["title"] for each in rows] == ["Orders: Two", "Orders: One"]

    def send(verb, path, body):
        return getattr(client, verb)(
            f"/api/v1/notifications/{path}", body, content_type="application/json", headers=headers
        )

    assert send("post", "read", {"ids": [rows[0]["id"]]}).json() == {"count": 1}
    assert send("post", "read", {"ids": "all"}).status_code == 422
    assert send("post", "read", {}).json() == {"count": 1}
    assert send("patch", "mail", {"follow": "never"}).json()["follow"] == "never"
    assert send("patch", "mail", {"follow": "x"}).status_code == 422
    assert client.get("/api/v1/notifications/mail", headers=headers).json()["follow"] == "never"


@pytest.mark.django_db(transaction=True)
def test_a_thread_sends_what_is_due(box, product, reader, owner):
    announce(product, owner, "News")
    time_goes_by()
    gather_mails()
    with transaction.atomic():
        send_due_mails()
    ends = time.monotonic() + 10
    while not Mail.objects.filter(state=MailState.SENT).exists():
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert len(box.messages) == 1
