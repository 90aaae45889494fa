"""The PostgreSQL driver: schemas, tables, roles, grants, logins and quality checks."""

from provisioning.drivers.postgres.driver import PostgresDriver

__all__ = ["PostgresDriver"]
