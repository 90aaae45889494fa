"""Requests are numbered; a wording of a rule of decision stays as it was written."""

NUMBERS = "CREATE SEQUENCE requests_request_number START 1001"
NO_NUMBERS = "DROP SEQUENCE requests_request_number"
WORDINGS_STAY = """
CREATE FUNCTION rule_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a wording of a rule stays as it was written'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER rule_version_stays BEFORE UPDATE ON requests_ruleversion
    FOR EACH ROW EXECUTE FUNCTION rule_version_stays();
"""
WORDINGS_CHANGE = """
DROP TRIGGER rule_version_stays ON requests_ruleversion;
DROP FUNCTION rule_version_stays();
"""
