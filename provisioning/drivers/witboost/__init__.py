"""The Witboost driver: a tech adapter makes components of data products."""

from provisioning.drivers.witboost.driver import WitboostDriver

__all__ = ["WitboostDriver"]
