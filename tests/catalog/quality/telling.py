"""What the tests of the pages of quality share: results that arrive, people who look."""

import datetime as dt

from django.test import Client
from django.utils import timezone

from catalog.quality.services import ResultData, record_results


def say(check, outcome="pass", *, failed=0, ago=dt.timedelta(), **given):
    moment = timezone.now() - ago
    result = ResultData(check.pk, outcome, moment, 100, failed, **given)
    record_results(source="dbt", results=[result])


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tab(client, port, /, **asked):
    page = client.get(port.product.get_absolute_url(), {"tab": "quality", **asked})
    assert page.status_code == 200
    return page.content.decode()
