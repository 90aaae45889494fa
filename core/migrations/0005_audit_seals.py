from django.db import migrations, models

# Who migrates owns the tables; everybody else may read and add, whatever new tables grant.
FORWARD = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
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
BACKWARD = "DROP TRIGGER audit_append_only ON core_auditseal"


class Migration(migrations.Migration):
    dependencies = [("core", "0004_outbox_claims_by_key")]
    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("n", models.BigIntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(unique=True)),
                ("prev", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
