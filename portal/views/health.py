"""What machines ask: is it there, is it ready."""

import datetime as dt

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from provisioning.jobs.models import Worker

WORKER_SILENCE = dt.timedelta(seconds=30)


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, is migrated, and a worker was heard of; else 503 and why."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        checks["migrations"] = _migrated()
        checks["database"] = True
        checks["worker"] = Worker.objects.filter(last_seen__gt=Now() - WORKER_SILENCE).exists()
    except DatabaseError:
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _migrated() -> bool:
    """True when no migration is left; asked once a process, for the answer cannot change back."""
    if cache.get("migrated"):
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    cache.set("migrated", True, None)
    return True
