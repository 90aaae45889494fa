"""`EMAIL_URL` is read, or refused."""

import pytest

from portal.mail_url import MailServer, mail_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", MailServer()),
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, tls=True)),
        ("smtp://127.0.0.1:25?tls=0", MailServer("127.0.0.1", 25)),
        (
            "smtps://a%40b:p%2Fw@mail.example.org",
            MailServer("mail.example.org", 465, "a@b", "p/w", ssl=True),
        ),
    ],
)
def test_the_mail_server_is_read_from_one_address(url, server):
    assert mail_server(url) == server


@pytest.mark.parametrize("url", ["mail.example.org", "http://x", "smtp://", "smtp://x?tls=maybe"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="EMAIL_URL"):
        mail_server(url)
