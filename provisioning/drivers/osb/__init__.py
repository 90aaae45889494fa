"""The Open Service Broker driver: a broker makes service instances and bindings (OSB 2.17)."""

from provisioning.drivers.osb.driver import OsbDriver

__all__ = ["OsbDriver"]
