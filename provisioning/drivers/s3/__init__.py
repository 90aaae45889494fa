"""The S3 driver: areas for objects, and who may read and write them."""

from provisioning.drivers.s3.driver import S3Driver

__all__ = ["S3Driver"]
