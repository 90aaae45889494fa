"""The portal. Each of its processes imports this first."""

from portal.ops.collector import look_seldom

look_seldom()
