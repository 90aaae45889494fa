"""How single values look in a page: rings, sparklines, pills, times, numbers, prose.

Every function returns escaped markup or plain text; nothing here reads a database or a request.
The looks are those of the house's style sheet (`static/css/meshport.css`).
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

import nh3
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from core.looks import state_look

GOOD, FAIR = 90, 70  # percent of a score or promise: fine from GOOD on, bad below FAIR
SCORE_SPAN = 12.0  # a sparkline's axis spans at least this many points, so noise stays flat
SECRET_CLASSES = frozenset({"confidential", "restricted"})
INLINE_TAGS = frozenset({"a", "br", "code", "em", "s", "strong"})
BLOCK_TAGS = frozenset({"blockquote", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"})
TABLE_TAGS = frozenset({"table", "tbody", "td", "th", "thead", "tr"})
MARKDOWN_TAGS = INLINE_TAGS | BLOCK_TAGS | TABLE_TAGS
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5"}  # the page itself holds h1 and h2
KEPT_LENGTH = 2_000  # characters of a text whose HTML is worth its memory
NBSP = "\N{NO-BREAK SPACE}"

Number = int | float | Decimal


@lru_cache(maxsize=512)  # a page has some forty
def icon(name: str, css: str = "") -> SafeString:
    """One glyph of `static/icons.svg`; decorative: words or an aria-label must stand beside it."""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {css}" if css else "",
        static("icons.svg"),
        name,
    )


def tone_of(percent: Number) -> Literal["ok", "warn", "bad"]:
    """What a score or a kept promise (0-100) means."""
    if percent >= GOOD:
        return "ok"
    return "warn" if percent >= FAIR else "bad"


def score_ring(score: Number | None, size: int = 32) -> SafeString:
    """Ring with a score of 0-100, rounded down; None is drawn dotted as “not measured”."""
    if score is None:
        return format_html(
            '<svg class="ring none" width="{0}" height="{0}" viewBox="0 0 36 36" role="img"'
            ' aria-label="Not measured"><circle cx="18" cy="18" r="15.9"/>'
            '<text x="18" y="22">–</text></svg>',
            size,
        )
    return format_html(
        '<svg class="ring {2}" width="{0}" height="{0}" viewBox="0 0 36 36" role="img"'
        ' aria-label="Quality score {1} of 100"><circle cx="18" cy="18" r="15.9"/>'
        '<circle cx="18" cy="18" r="15.9" pathLength="100" stroke-dasharray="{1} 100"'
        ' transform="rotate(-90 18 18)"/><text x="18" y="22">{1}</text></svg>',
        size,
        int(score),
        tone_of(score),
    )


def spark(
    points: Sequence[Number], label: str, width: int = 72, span: float = SCORE_SPAN
) -> SafeString:
    """Sparkline, oldest value first; `label` is its sentence for a screen reader.

    Args:
        points: the values; none at all gives a dash.
        span: the least difference between the bottom and the top of the axis.
    """
    if not points:
        return format_html('<span class="hint">{}</span>', "–")
    places = _spark_places([float(point) for point in points], width, span)
    last_x, last_y = places[-1]
    return format_html(
        '<svg class="spark" width="{}" height="20" role="img" aria-label="{}">'
        '<polyline points="{}"/><circle class="dot" cx="{}" cy="{}" r="2.5"/></svg>',
        width,
        label,
        " ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        f"{last_x:.1f}",
        f"{last_y:.1f}",
    )


def _spark_places(values: list[float], width: int, span: float) -> list[tuple[float, float]]:
    """Points in a box of `width` x 20 with 2 px around; a lone value becomes a flat line."""
    if len(values) == 1:
        values *= 2
    middle = (max(values) + min(values)) / 2
    reach = max(max(values) - min(values), span) or 1.0
    step = (width - 4) / (len(values) - 1)
    return [
        (2 + index * step, 10 - 16 * (value - middle) / reach) for index, value in enumerate(values)
    ]


def meter(percent: Number, label: str, tone: str = "") -> SafeString:
    """Thin bar of 0-100; grey from 90 on unless `tone` (warn, bad) says otherwise."""
    shown = min(max(percent, 0), 100)
    tone = tone or tone_of(shown)
    return format_html(
        '<svg class="meter{}" role="img" aria-label="{}"><rect width="{}%" height="100%"/></svg>',
        "" if tone == "ok" else f" {tone}",
        label,
        f"{shown:.4g}",
    )


def badge(label: str, tone: str = "") -> SafeString:
    """Round pill; `tone` is one or more of ok warn bad info open bare."""
    return format_html('<span class="badge{}">{}</span>', f" {tone}" if tone else "", label)


def state_badge(kind: str, value: str) -> SafeString:
    """Pill of a product, contract, request, grant, operation, step or check, in plain words."""
    look = state_look(kind, value)
    return badge(look.label, look.tone)


def stamp(classification: str) -> SafeString:
    """Square classification stamp; confidential and restricted carry a lock. "" gives ""."""
    if not classification:
        return SafeString()
    label = sentence_case(classification)
    if classification.lower() in SECRET_CLASSES:
        return format_html('<span class="stamp high">{}{}</span>', icon("lock"), label)
    return format_html('<span class="stamp">{}</span>', label)


def team(name: str) -> SafeString:
    """Chip of a team: a small square with two letters, and the name."""
    return format_html(
        '<span class="team" data-t="{}"><span class="cut">{}</span></span>',
        team_letters(name),
        name,
    )


def team_letters(name: str) -> str:
    """Two letters for a team: "Sales Data team" is SD, "Marketing" is MA."""
    words = [word for word in name.split() if word[0].isalnum() and word.lower() != "team"]
    if len(words) > 1:
        return (words[0][0] + words[1][0]).upper()
    return "".join(words)[:2].upper()


def tile(glyph: str, css: str = "") -> SafeString:
    """Square that shows the kind of a thing as a glyph; `css` is lg, sys or both."""
    return format_html('<span class="tile{}">{}</span>', f" {css}" if css else "", icon(glyph))


def code_spans(text: str) -> SafeString:
    """Text in which what stands between two backticks is code; nothing else is marked up."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one without another
        return format_html("{}", text)
    shown = (
        format_html("<code>{}</code>", each) if at % 2 else each for at, each in enumerate(parts)
    )
    return format_html_join("", "{}", ((each,) for each in shown))


def sentence_case(value: str) -> str:
    """ "SOURCE_ALIGNED" and "source-aligned" both become "Source-aligned"."""
    return value.replace("_", "-").capitalize()


def relative_time(moment: datetime | date | None, now: datetime) -> SafeString:
    """`<time>` with a relative text and the absolute UTC moment on hover; None gives a dash."""
    if moment is None:
        return format_html('<span class="hint">{}</span>', "–")
    if isinstance(moment, datetime):
        text, absolute = (
            _moment_text(moment, now),
            f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        )
    else:
        text, absolute = _day_text(moment, now.date()), moment.isoformat()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), absolute, text
    )


def _moment_text(moment: datetime, now: datetime) -> str:
    seconds = int(abs((now - moment).total_seconds()))
    if seconds < 10:
        return "just now"
    if seconds >= 86_400:
        return _day_text(moment.astimezone(UTC).date(), now.astimezone(UTC).date())
    if seconds < 60:
        text = f"{seconds}{NBSP}s"
    elif seconds < 3_600:
        text = f"{seconds // 60}{NBSP}min"
    else:
        text = f"{seconds // 3_600}{NBSP}h"
    return f"{text} ago" if moment <= now else f"in {text}"


def _day_text(day: date, today: date) -> str:
    days = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return near[days]
    if abs(days) <= 14:
        return f"{-days} days ago" if days < 0 else f"in {days} days"
    return f"{day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def duration(span: timedelta | Number | None) -> str:
    """A timedelta or seconds: "< 1 s", "14 s", "1 min 3 s", "2 h 5 min", "3 days"; None: a dash."""
    if span is None:
        return "–"
    exact = span.total_seconds() if isinstance(span, timedelta) else span
    if 0 < exact < 1:
        return f"<{NBSP}1{NBSP}s"
    seconds = int(exact)
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    if seconds < 3_600:
        return _two_units(seconds, 60, "min", "s")
    if seconds < 2 * 86_400:
        return _two_units(seconds // 60, 60, "h", "min")
    return f"{seconds // 86_400}{NBSP}days"


def _two_units(amount: int, size: int, large: str, small: str) -> str:
    whole, rest = divmod(amount, size)
    return f"{whole}{NBSP}{large}" + (f" {rest}{NBSP}{small}" if rest else "")


def thousands(number: Number | None) -> str:
    """ "18,400"; None gives a dash."""
    return "–" if number is None else f"{number:,}"


def share(value: Number | None) -> str:
    """A share of 0 to 1 in whole percent, rounded down so that only all of it reads as 100 %."""
    return "–" if value is None else f"{math.floor(float(value) * 100 + 1e-9)} %"


def percent(value: Number | None, digits: int = 1) -> str:
    """0-100 as "99.6 %" without idle zeros; None gives a dash."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + f"{NBSP}%"


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def markdown(text: str) -> SafeString:
    """User's Markdown as clean HTML: no raw HTML, no images, no attributes but a link's address.

    The only place that calls foreign text safe. Source: SECURITY §1.3: allow-list, http, https
    and mailto only, `rel="noopener nofollow ugc"`.
    """
    return _kept(text) if len(text) <= KEPT_LENGTH else _clean(text)


def _clean(text: str) -> SafeString:
    tokens = _parser().parse(text)
    for token in tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
    html = _parser().renderer.render(tokens, _parser().options, {})
    return SafeString(
        nh3.clean(
            html,
            tags=set(MARKDOWN_TAGS),
            attributes={"a": {"href", "title"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener nofollow ugc",
        )
    )


_kept = lru_cache(maxsize=1_024)(_clean)  # lists show the same descriptions again and again
