"""Rules that are ready to be taken over, shown beside the form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A rule with its words; plain data."""

    subject: str
    words: str
    rule: str


EXAMPLES = (
    Example(
        "product",
        "A product says what it is for in more than a few words",
        "size(purpose) >= 20",
    ),
    Example(
        "product",
        "A product with personal data has a steward",
        '!has_personal_data || "steward" in ownership',
    ),
    Example(
        "product",
        "Every port promises how fresh its data is",
        'ports.all(p, p.promises.exists(q, q in ["latency", "frequency"]))',
    ),
    Example(
        "product",
        "Every column is described",
        "ports.all(p, p.described_columns == p.columns)",
    ),
    Example(
        "product",
        "What is built on other products names its inputs",
        'archetype == "source-aligned" || inputs > 0',
    ),
    Example(
        "product",
        "Measured quality is at least 90",
        "quality == null || quality >= 90.0",
    ),
    Example(
        "product",
        "No column is less secret than what it is made from",
        "underclassed_columns == 0",
    ),
    Example(
        "contract",
        "A contract says what its data is for",
        'purpose != ""',
    ),
    Example(
        "contract",
        "A contract has at least one quality rule",
        "quality_rules > 0",
    ),
)
