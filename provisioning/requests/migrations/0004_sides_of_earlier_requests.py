"""The team that decided on a request, and those after it, become sides that have to agree."""

import datetime as dt

from django.db import migrations

DUE = dt.timedelta(days=1)
ENDS = {"waiting": "waiting", "rejected": "rejected", "cancelled": "closed"}

# Most were decided once, by the team that was asked: those go in one statement.
SIMPLE = """
INSERT INTO requests_approval (request_id, round, stage, team_id, role, quorum, state, hours,
    escalate_role, opened_at, due_at, decided_at)
SELECT r.id, 1, 1, r.decider_id, '', 1,
    CASE r.state WHEN 'waiting' THEN 'waiting' WHEN 'rejected' THEN 'rejected'
        WHEN 'cancelled' THEN 'closed' ELSE 'approved' END,
    24, '', r.created_at, coalesce(r.due_at, r.created_at + interval '1 day'), r.decided_at
FROM requests_request r
WHERE r.decider_id IS NOT NULL AND NOT r.subject ? 'then'
    AND (SELECT count(*) FROM requests_decision d WHERE d.request_id = r.id)
        <= CASE r.state WHEN 'waiting' THEN 0 ELSE 1 END
"""
LINK = """
UPDATE requests_decision d SET approval_id = a.id FROM requests_approval a
WHERE a.request_id = d.request_id
"""


def lay_out(apps, schema_editor):
    Request = apps.get_model("requests", "Request")
    Approval = apps.get_model("requests", "Approval")
    Team = apps.get_model("accounts", "Team")
    teams = dict(Team.objects.values_list("slug", "pk"))
    rest = Request.objects.filter(decider__isnull=False, approvals__isnull=True)
    decided = rest.prefetch_related("decisions")
    for request in decided.iterator(chunk_size=500):
        decisions = sorted(request.decisions.all(), key=lambda each: each.pk)
        before = [each for each in decisions if each.approved and request.state == "waiting"]
        stage, seen = 0, set()
        for stage, decision in enumerate(before, start=1):
            _kept(Approval, request, stage, _team_of(decision, request), decision, seen)
        last = None if request.state == "waiting" else next(reversed(decisions), None)
        for decision in [each for each in decisions if each not in before and each is not last]:
            stage += 1
            _kept(Approval, request, stage, _team_of(decision, request), decision, seen)
        stage += 1
        state = ENDS.get(request.state, "approved")
        approval = Approval.objects.create(
            request=request,
            stage=stage,
            team_id=request.decider_id,
            state=state,
            opened_at=request.created_at,
            due_at=request.due_at or request.created_at + DUE,
            decided_at=request.decided_at,
        )
        if last is not None:
            _link(last, approval, seen)
        for slug in request.subject.get("then", ()) if request.state == "waiting" else ():
            stage += 1
            if slug in teams:
                Approval.objects.create(
                    request=request, stage=stage, team_id=teams[slug], state="planned"
                )


def _team_of(decision, request):
    """A team of the one who decided; which one was asked is not on record."""
    owned = decision.decided_by.memberships.filter(role="owner").order_by("pk").first()
    return owned.team_id if owned else request.decider_id


def _kept(Approval, request, stage, team_id, decision, seen):
    approval = Approval.objects.create(
        request=request,
        stage=stage,
        team_id=team_id,
        state="approved",
        opened_at=request.created_at,
        due_at=decision.decided_at,
        decided_at=decision.decided_at,
    )
    _link(decision, approval, seen)


def _link(decision, approval, seen):
    """Whoever decided for two sides, which is not possible any more, has a round for each."""
    decision.approval = approval
    while (decision.round, decision.decided_by_id) in seen:
        decision.round += 1
    seen.add((decision.round, decision.decided_by_id))
    decision.save(update_fields=["approval", "round"])


class Migration(migrations.Migration):
    dependencies = [("requests", "0003_approvals")]

    operations = [
        migrations.RunSQL(SIMPLE, migrations.RunSQL.noop),
        migrations.RunSQL(LINK, migrations.RunSQL.noop),
        migrations.RunPython(lay_out, migrations.RunPython.noop),
    ]
