"""`{% panels "slot" subject %}`: what higher rooms have to say here."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core.panels import render

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context: Context, slot: str, subject: Any) -> SafeString:
    """All panels of `slot`, one after the other."""
    parts = render(slot, context["request"], subject)
    return format_html_join("", "{}", ((part,) for part in parts))
