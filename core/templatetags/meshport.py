"""The tags and filters of every page: `{% load meshport %}`."""

import json
from collections.abc import Mapping
from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from core import rendering
from core.looks import STEP_MARKS

register = template.Library()

register.simple_tag(rendering.icon)
register.simple_tag(rendering.score_ring)
register.simple_tag(rendering.spark)
register.simple_tag(rendering.meter)
register.simple_tag(rendering.badge)
register.simple_tag(rendering.stamp)
register.simple_tag(rendering.team)
register.simple_tag(rendering.tile)
register.simple_tag(rendering.state_badge, name="state")
register.filter("team_letters", rendering.team_letters)
register.filter("code_spans", rendering.code_spans)
register.filter("sentence_case", rendering.sentence_case)
register.filter("duration", rendering.duration)
register.filter("thousands", rendering.thousands)
register.filter("percent", rendering.percent)
register.filter("share", rendering.share)
register.filter("markdown", rendering.markdown)


@register.filter
def relative_time(moment: datetime | date | None) -> SafeString:
    """`{{ job.created_at|relative_time }}`: “5 min ago”, absolute on hover."""
    return rendering.relative_time(moment, timezone.now())


@register.filter
def step_mark(state: str) -> str:
    """How the steps list draws a ledger state: done, run, fail or wait; marks stay as they are."""
    return STEP_MARKS.get(state.lower(), state)


@register.filter
def fact(value: object) -> str:
    """A fact as a rule writes it: JSON, on one line."""
    return json.dumps(value, ensure_ascii=False)


@register.inclusion_tag("parts/_field.html")
def field(field: Mapping[str, object]) -> dict[str, object]:
    """One labelled form field; the keys are listed in line 1 of `parts/_field.html`."""
    return {"field": field}
