"""A version of a policy stays as it was written; a portal begins with four classes of data."""

VERSIONS_STAY = """
CREATE FUNCTION policy_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.policy_id, NEW.number, NEW.rule, NEW.words, NEW.mend, NEW.severity, NEW.created_by,
        NEW.created_at)
       IS DISTINCT FROM
       (OLD.policy_id, OLD.number, OLD.rule, OLD.words, OLD.mend, OLD.severity, OLD.created_by,
        OLD.created_at) THEN
        RAISE EXCEPTION 'a version of a policy stays as it was written'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_version_stays BEFORE UPDATE ON governance_policyversion
    FOR EACH ROW EXECUTE FUNCTION policy_version_stays();
"""
VERSIONS_CHANGE = """
DROP TRIGGER policy_version_stays ON governance_policyversion;
DROP FUNCTION policy_version_stays();
"""
FIRST_CLASSES = """
INSERT INTO governance_classificationlevel (slug, name, rank, meaning, is_active) VALUES
    ('public', 'Public', 10, 'May be shown to anybody, outside the company too.', true),
    ('internal', 'Internal', 20, 'For everybody in the company; not for the outside.', true),
    ('confidential', 'Confidential', 30,
     'For those who need it for their work; harm is done if others read it.', true),
    ('restricted', 'Restricted', 40,
     'For few, each with a reason; great harm or a breach of law if others read it.', true)
"""
