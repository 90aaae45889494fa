"""The policies of the demo company; loaded through the services, again without effect."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Team
from catalog.governance import services
from catalog.governance.models import Policy

GRACE_DAYS = 45


@dataclass(frozen=True)
class PolicySpec:
    """A policy of the company; with grace: enforced, but only a warning for a while."""

    slug: str
    name: str
    words: str
    rule: str
    mend: str
    severity: str = "medium"
    subject: str = "product"
    is_enforced: bool = False
    has_grace: bool = False
    is_retired: bool = False


POLICIES = (
    PolicySpec(
        slug="says-what-it-is-for",
        name="A product says what it is for",
        words="Whoever finds a product can read in a sentence what it is for.",
        rule="size(purpose) >= 10",
        mend="Say in a sentence what the product is for.",
        severity="high",
        is_enforced=True,
    ),
    PolicySpec(
        slug="personal-data-has-a-steward",
        name="Personal data has a steward",
        words="Where columns hold personal data, a named steward answers for it.",
        rule='!has_personal_data || "steward" in ownership',
        mend="Name a steward: columns of this product hold personal data.",
        severity="high",
        is_enforced=True,
    ),
    PolicySpec(
        slug="freshness-is-promised",
        name="Freshness is promised",
        words="Every port promises in its contract how fresh its data is.",
        rule='ports.all(p, p.promises.exists(q, q in ["latency", "frequency", "freshness"]))',
        mend="Promise in the contract how fresh the data is (slaProperties: latency).",
    ),
    PolicySpec(
        slug="every-column-is-described",
        name="Every column is described",
        words="Each column says in the contract what stands in it.",
        rule="ports.all(p, p.described_columns == p.columns)",
        mend="Describe each column in the contract.",
        severity="low",
    ),
    PolicySpec(
        slug="restricted-data-names-its-retention",
        name="Restricted data names its retention",
        words="What is restricted says how long it is kept.",
        rule='classification != "restricted" || ports.all(p, "retention" in p.promises)',
        mend="Say in the contract how long the data is kept (slaProperties: retention).",
        is_enforced=True,
        has_grace=True,
    ),
    PolicySpec(
        slug="contracts-say-what-their-data-is-for",
        name="Contracts say what their data is for",
        words="A contract names the purpose of the data that it describes.",
        rule='purpose != ""',
        mend="Fill in the purpose under description in the contract.",
        subject="contract",
    ),
    PolicySpec(
        slug="golden-products-name-their-limits",
        name="Golden products name their limits",
        words="What everybody builds on says what it is not good for.",
        rule='!("golden" in tags) || limitations != ""',
        mend="Say under limitations what the product is not good for.",
        severity="low",
        is_enforced=True,
        has_grace=True,
    ),
    PolicySpec(
        slug="every-product-has-a-handbook",
        name="Every product has a handbook",
        words="A page in the wiki tells newcomers how to begin.",
        rule='"documentation" in links',
        mend="Link a page of the wiki.",
        severity="low",
        is_enforced=True,
        is_retired=True,
    ),
)


def load_policies(*, actor: Actor, owner: Team) -> None:
    """The company's policies; one that is there already stays as it is."""
    known = set(Policy.objects.values_list("slug", flat=True))
    for spec in POLICIES:
        if spec.slug in known:
            continue
        grace = timezone.now().date() + dt.timedelta(days=GRACE_DAYS) if spec.has_grace else None
        version = services.save_policy(
            data=services.PolicyData(
                slug=spec.slug,
                name=spec.name,
                rule=spec.rule,
                words=spec.words,
                mend=spec.mend,
                severity=spec.severity,
                subject=spec.subject,
                owner=owner,
            ),
            actor=actor,
            enforcement=services.Enforcement(grace) if spec.is_enforced else None,
        )
        if spec.is_retired:
            services.retire_policy(policy=version.policy, actor=actor)
