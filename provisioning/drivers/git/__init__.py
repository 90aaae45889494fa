"""The git driver: repositories made from scaffolds."""

from provisioning.drivers.git.driver import GitDriver

__all__ = ["GitDriver"]
