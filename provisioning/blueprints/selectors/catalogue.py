"""How the blueprints have done so far."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

# Median seconds from accepted to done, per blueprint, over the last 90 days.
LEAD_TIMES = """
SELECT split_part(i.plan, '@', 1) AS blueprint,
       count(*) AS ended,
       count(*) FILTER (WHERE o.state = 'succeeded') AS succeeded,
       percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM o.finished_at - o.created_at)
       ) FILTER (WHERE o.state = 'succeeded') AS median_s
FROM jobs_operation o JOIN jobs_instance i ON i.id = o.instance_id
WHERE o.kind = 'provision' AND o.finished_at > now() - interval '90 days' AND i.plan <> ''
GROUP BY 1
"""


@dataclass(frozen=True)
class LeadTime:
    """What was measured of one blueprint."""

    ended: int
    success: float  # percent, 0-100
    median_s: float | None  # None until one has succeeded


def lead_times() -> dict[str, LeadTime]:
    """`{blueprint slug: LeadTime}` of those used in the last 90 days; one SQL statement."""
    with connection.cursor() as cursor:
        cursor.execute(LEAD_TIMES)
        return {
            slug: LeadTime(ended, 100 * succeeded / ended, median_s)
            for slug, ended, succeeded, median_s in cursor.fetchall()
        }
