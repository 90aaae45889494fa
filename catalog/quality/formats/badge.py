"""The score as a small picture for READMEs."""

from __future__ import annotations

from xml.sax.saxutils import escape

from core.rendering import tone_of

LABEL = "data quality"
NOT_MEASURED = "not measured"
COLOURS = {"ok": "#1a7f4b", "warn": "#9a6700", "bad": "#b42318", "": "#5b6770"}  # white on it: AA
LETTER = 6.6  # px, of Verdana at 11 px on average
PADDING = 12  # px, both sides together
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{said}">
<title>{said}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3d464d"/>\
<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" \
font-size="11"><text x="{left_middle}" y="14">{label}</text>\
<text x="{right_middle}" y="14">{value}</text></g>
</svg>
"""


def badge(score: float | None, *, stale: bool = False) -> str:
    """An SVG of 20 px height: “data quality | 92”; the colour is that of the score's band.

    Args:
        score: percent, shown rounded down; None: not measured.
        stale: whether the score is out of date, which is said and takes its colour.
    """
    value = NOT_MEASURED if score is None else f"{int(score)}{' (out of date)' if stale else ''}"
    tone = "" if score is None or stale else tone_of(score)
    left, right = _width(LABEL), _width(value)
    return SVG.format(
        width=left + right,
        left=left,
        right=right,
        left_middle=left / 2,
        right_middle=left + right / 2,
        colour=COLOURS[tone],
        label=escape(LABEL),
        value=escape(value),
        said=escape(f"{LABEL}: {value}"),
    )


def _width(text: str) -> int:
    return round(len(text) * LETTER) + PADDING
