"""Everything in a warehouse that has our label, and who else may read it."""

from __future__ import annotations

from provisioning.drivers.postgres import labels, naming
from provisioning.drivers.postgres.session import Connection, rows
from provisioning.drivers.protocol import Labelled

OBJECTS = (
    "SELECT 'schema', nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace"
    " UNION ALL SELECT 'table', relname, obj_description(oid, 'pg_class') FROM pg_class"
    " WHERE relkind IN ('r', 'p', 'v', 'm')"
    " UNION ALL SELECT 'role', rolname, shobj_description(oid, 'pg_authid') FROM pg_roles"
    " WHERE pg_has_role(current_user, oid, 'MEMBER')"
)
# Rights to tables of our schemas that were given past the portal; PUBLIC is grantee 0.
RIGHTS = (
    "SELECT DISTINCT coalesce(r.rolname, 'PUBLIC'), n.nspname,"
    " obj_description(n.oid, 'pg_namespace')"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " CROSS JOIN LATERAL (SELECT (aclexplode(c.relacl)).grantee UNION ALL"
    " SELECT (aclexplode(t.attacl)).grantee FROM pg_attribute t WHERE t.attrelid = c.oid) a"
    " LEFT JOIN pg_roles r ON r.oid = a.grantee"
    " WHERE a.grantee <> c.relowner"
    " AND coalesce(shobj_description(r.oid, 'pg_authid'), '') NOT LIKE '%%[meshport %%'"
    " AND starts_with(n.nspname, 'dp_')"
)


def labelled(conn: Connection) -> list[Labelled]:
    """Objects with our label, and strangers' rights to our tables as kind `right`."""
    found = [(kind, name, labels.read(text)) for kind, name, text in rows(conn, OBJECTS)]
    found += [
        ("right", f"{who} in {schema}", labels.read(text))
        for who, schema, text in rows(conn, RIGHTS)
    ]
    return [Labelled(kind, name, label.instance_id) for kind, name, label in found if label]


def connected(conn: Connection) -> list[str]:
    """Logins that were made for grants and have a session."""
    found = "SELECT DISTINCT usename::text FROM pg_stat_activity WHERE starts_with(usename, %(p)s)"
    return [row[0] for row in rows(conn, found, {"p": naming.LOGIN})]
