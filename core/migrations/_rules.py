"""The audit log and its seals can be added to and read, by nobody changed or emptied."""

APPEND_ONLY = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""
# Who migrates owns the tables; everybody else may read and add, whatever new tables grant.
RIGHTS = """
DO $$
DECLARE held record;
BEGIN
    FOR held IN
        SELECT DISTINCT c.oid::regclass AS place, a.grantee::regrole AS role
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid IN ('core_auditevent'::regclass, 'core_auditseal'::regclass)
          AND a.grantee NOT IN (c.relowner, 0)
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %s', held.place, held.role);
    END LOOP;
END $$;
"""
NOT_APPEND_ONLY = """
DROP TRIGGER audit_append_only ON core_auditseal;
DROP TRIGGER audit_append_only ON core_auditevent;
DROP FUNCTION audit_is_append_only();
"""
