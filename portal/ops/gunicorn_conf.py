"""gunicorn: one process with many threads; live pages poll, so no thread is held for long."""

import os
from importlib import import_module
from typing import Any

from portal.ops.collector import keep_what_is_loaded

bind = os.environ.get("PORTAL_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("PORTAL_WEB_PROCESSES", "1"))
threads = int(os.environ.get("PORTAL_THREADS", "16"))
timeout = 60  # seconds without a sign of life of a process
graceful_timeout = 8  # seconds for requests that run when it is told to stop
keepalive = 5  # seconds
control_socket_disable = True
accesslog = None
errorlog = "-"


def post_worker_init(_worker: Any) -> None:
    """Load all pages before the first is asked for."""
    from django.conf import settings  # not before the worker has the portal's environment

    import_module(settings.ROOT_URLCONF)
    keep_what_is_loaded()
