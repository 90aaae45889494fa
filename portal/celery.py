"""The Celery application. Messages only wake workers; PostgreSQL is the ledger (RELIABILITY §3)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # for every thread; otherwise Celery makes another one for the web's
