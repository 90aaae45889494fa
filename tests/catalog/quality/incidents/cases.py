"""Results that arrive, and what became of them."""

import datetime as dt

from django.utils import timezone

from catalog.quality.models import Incident, QualityCheck, QualitySettings
from catalog.quality.services import ResultData, record_results
from core.models import OutboxEvent

HOUR = dt.timedelta(hours=1)


def make_check(port, name="no gaps", **given):
    return QualityCheck.objects.create(
        port=port, key=name, name=name, **{"dimension": "completeness", **given}
    )


def arrive(check, outcome, ago=dt.timedelta(0), **given):
    result = ResultData(check.pk, outcome, timezone.now() - ago, **given)
    return record_results(results=[result], source="test")


def only():
    return Incident.objects.get()


def topics():
    told = OutboxEvent.objects.filter(topic__startswith="incident.").order_by("id")
    return list(told.values_list("topic", flat=True))


def kinds(incident):
    return list(incident.events.values_list("kind", flat=True))


def settings_of(product, **given):
    return QualitySettings.objects.create(product=product, **given)
