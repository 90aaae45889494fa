"""The portal's settings, with a target that keeps a trace, and a place to take things away."""

from portal.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.apps.ChaosConfig"]  # noqa: F405
ROOT_URLCONF = "tests.chaos.urls"
