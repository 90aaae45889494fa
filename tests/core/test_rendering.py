import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from catalog.contracts.states import ContractStatus
from catalog.products.states import ProductStatus
from catalog.quality.states import Outcome
from core import rendering
from core.looks import LOOKS, state_look
from provisioning.access.states import GrantState
from provisioning.jobs.states import OperationState, StepState
from provisioning.requests.states import RequestState

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NBSP = rendering.NBSP
STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def minified(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).replace(": ", ":").replace(";}", "}").strip()


def template_texts() -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(TEMPLATES)), path.read_text()) for path in TEMPLATES.rglob("*.html")
    ]


def test_own_styles_stay_within_20_kilobytes():
    sheets = [path.read_text() for path in (STATIC / "css").glob("*.css")]

    assert sum(len(minified(sheet).encode()) for sheet in sheets) <= 20_000


def test_raw_colours_live_in_the_tokens_only_or_dim_what_lies_behind():
    parts = (STATIC / "css" / "meshport.css").read_text()

    assert set(re.findall(r"#[0-9a-f]{3,8}\b", parts)) <= {"#0b141966", "#0b141959", "#000a"}


def test_every_icon_a_template_names_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="(\w+)"', (STATIC / "icons.svg").read_text()))

    for name, text in template_texts():
        used = set(re.findall(r'{% (?:icon|tile) "(\w+)"', text))
        assert used <= drawn, name


def test_no_template_has_inline_style_script_or_unescaped_text():
    inline = re.compile(r"<style|<script>|\son\w+=|hx-on|hx-vars|\|safe\b|autoescape off")
    styled = re.compile(r"\sstyle=")  # which mail programs need: they read no style sheet

    assert [name for name, text in template_texts() if inline.search(text)] == []
    found = {name for name, text in template_texts() if styled.search(text)}
    assert found == {"portal/mail/digest.html"}


@pytest.mark.parametrize(
    ("score", "shown", "tone"),
    [(96, "96", "ok"), (Decimal("89.99"), "89", "warn"), (69.9, "69", "bad"), (0, "0", "bad")],
)
def test_score_ring_rounds_down_so_a_band_is_never_flattered(score, shown, tone):
    ring = rendering.score_ring(score)

    assert f'class="ring {tone}"' in ring
    assert f">{shown}</text>" in ring


def test_a_product_without_a_score_is_not_measured_rather_than_zero():
    ring = rendering.score_ring(None)

    assert 'aria-label="Not measured"' in ring
    assert 'class="ring none"' in ring


def test_sparkline_of_noise_stays_flat_and_of_a_fall_falls():
    noise = re.findall(r",([\d.]+)", rendering.spark([90.0, 90.5, 90.0], "Score"))
    fall = re.findall(r",([\d.]+)", rendering.spark([100.0, 50.0], "Score"))

    assert max(map(float, noise)) - min(map(float, noise)) < 1
    assert (float(fall[0]), float(fall[1])) == (2.0, 18.0)


@pytest.mark.parametrize("points", [[], [80], [80, 80], [0, 100]])
def test_sparkline_takes_any_number_of_points(points):
    assert "nan" not in rendering.spark(points, "Score", span=0)


def test_meter_is_grey_from_90_and_never_leaves_its_box():
    assert 'class="meter"' in rendering.meter(90, "90 percent")
    assert 'class="meter warn"' in rendering.meter(89, "89 percent")
    assert 'width="100%"' in rendering.meter(250, "250 percent")


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=-40), f"40{NBSP}s ago"),
        (timedelta(minutes=-5), f"5{NBSP}min ago"),
        (timedelta(hours=-23), f"23{NBSP}h ago"),
        (timedelta(hours=2), f"in 2{NBSP}h"),
        (timedelta(days=-1), "yesterday"),
        (timedelta(days=6), "in 6 days"),
        (timedelta(days=-20), "3 Nov"),
        (timedelta(days=89), "20 Feb 2027"),
    ],
)
def test_relative_time_says_how_long_ago_and_carries_the_moment(span, text):
    shown = rendering.relative_time(NOW + span, NOW)

    assert shown.endswith(f">{text}</time>")
    assert "UTC" in shown


def test_relative_time_of_a_day_knows_no_hours():
    assert ">tomorrow</time>" in rendering.relative_time(date(2026, 11, 24), NOW)
    assert ">today</time>" in rendering.relative_time(date(2026, 11, 23), NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "< 1 s"),
        (63, "1 min 3 s"),
        (120, "2 min"),
        (7_500, "2 h 5 min"),
        (259_200, "3 days"),
    ],
)
def test_duration_has_at_most_two_units(seconds, text):
    assert rendering.duration(seconds).replace(NBSP, " ") == text
    assert rendering.duration(timedelta(seconds=seconds)) == rendering.duration(seconds)


def test_numbers_have_commas_and_a_space_before_percent():
    assert rendering.thousands(18400) == "18,400"
    assert rendering.percent(Decimal("99.60")) == f"99.6{NBSP}%"
    assert rendering.percent(100) == f"100{NBSP}%"
    assert rendering.percent(None) == "–"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Sales Data team", "SD"), ("Marketing", "MA"), ("Returns Operations", "RO"), ("", "")],
)
def test_team_letters_come_from_the_first_two_words(name, letters):
    assert rendering.team_letters(name) == letters


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("product", ProductStatus),
        ("contract", ContractStatus),
        ("request", RequestState),
        ("grant", GrantState),
        ("operation", OperationState),
        ("step", StepState),
        ("check", Outcome),
    ],
)
def test_every_state_of_a_room_has_its_look(kind, states):
    assert set(LOOKS[kind]) == set(states.values)


def test_a_state_from_elsewhere_reads_as_it_is_written():
    assert state_look("contract", "being_weighed").label == "Being weighed"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<a href='javascript:alert(1)' onclick=alert(1) style=color:red hx-get=/x>x</a>",
        "![x](http://evil.example/pixel.png)",
        "<svg/onload=alert(1)>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
    ],
)
def test_markdown_lets_no_script_picture_or_attribute_through(hostile):
    html = rendering.markdown(hostile)

    assert set(re.findall(r"<(\w+)", html)) <= rendering.MARKDOWN_TAGS
    assert not re.search(r"<[^>]*(?:javascript:|data:|onclick|style=|hx-|src=)", html)


def test_markdown_links_say_they_are_foreign():
    html = rendering.markdown("[docs](https://example.com)")

    assert 'rel="noopener nofollow ugc"' in html


@pytest.mark.parametrize("show", [rendering.badge, rendering.stamp, rendering.team])
def test_names_are_escaped_wherever_they_are_shown(show):
    assert "<b>" not in show('"><b>x</b>')


def test_a_refused_field_keeps_its_value_and_ties_the_error_to_the_input():
    name = {"kind": "text", "name": "name", "id": "name", "label": "Name"}
    refused = {**name, "value": 'a"b', "error": "Use letters.", "hint": "Short."}

    html = render_to_string("parts/_field.html", {"field": refused})

    assert 'value="a&quot;b"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="name-e name-h"' in html
    assert 'id="name-e"' in html


def test_an_error_page_needs_no_context():
    html = render_to_string("errors/500.html")

    assert "Something broke here" in html
    assert 'class="nav"' not in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "`endCursor` of <it>, or `a<b>`.",
            "<code>endCursor</code> of &lt;it&gt;, or <code>a&lt;b&gt;</code>.",
        ),
        ("One ` alone & more", "One ` alone &amp; more"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_code(text, shown):
    assert rendering.code_spans(text) == shown
