"""Facet counts are kept by the database itself, so that no way of writing can forget them."""

from django.db import migrations

# What one entry counts in. `open`: every member sees it.
FACETS_OF_E = """
LATERAL (
    SELECT e.listed AND e.visibility = 'company' AS open, v.facet, v.value FROM (VALUES
        ('total', 'all'),
        ('domain', e.domain_path),
        ('status', e.status),
        ('team', e.owner_slug),
        ('archetype', e.archetype),
        ('classification', e.classification),
        ('score', coalesce(nullif(e.band, ''), 'none')),
        ('promise', coalesce(extract(epoch FROM e.stale_at)::bigint::text, 'none'))
    ) AS v (facet, value) WHERE e.kind IN ('product', 'contract') AND v.value <> ''
    UNION ALL
    SELECT e.listed AND e.visibility = 'company', 'kind', e.kind
    UNION ALL
    SELECT e.listed AND e.visibility = 'company', 'tag', t.value
    FROM unnest(e.tags) AS t (value) WHERE e.kind IN ('product', 'contract')
    UNION ALL
    SELECT e.listed AND e.visibility = 'company', 'technology', t.value
    FROM unnest(e.technologies) AS t (value) WHERE e.kind IN ('product', 'contract')
) AS f
"""
COUNT = f"""
CREATE FUNCTION search_count_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO search_facetcount (open, facet, value, n)
        SELECT f.open, f.facet, f.value, count(*) FROM added AS e, {FACETS_OF_E} GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO search_facetcount (open, facet, value, n)
        SELECT f.open, f.facet, f.value, -count(*) FROM removed AS e, {FACETS_OF_E}
        GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO search_facetcount (open, facet, value, n)
        SELECT open, facet, value, sum(n) FROM (
            SELECT f.*, 1 AS n FROM added AS e, {FACETS_OF_E}
            UNION ALL
            SELECT f.*, -1 FROM removed AS e, {FACETS_OF_E}
        ) AS changes GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$;
"""  # noqa: S608 - constants of this file
TRIGGERS = """
CREATE TRIGGER search_counts_added AFTER INSERT ON search_searchentry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION search_count_facets();
CREATE TRIGGER search_counts_changed AFTER UPDATE ON search_searchentry
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION search_count_facets();
CREATE TRIGGER search_counts_removed AFTER DELETE ON search_searchentry
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION search_count_facets();
CREATE FUNCTION search_count_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_facetcount;
    RETURN NULL;
END $$;
CREATE TRIGGER search_counts_emptied AFTER TRUNCATE ON search_searchentry
    FOR EACH STATEMENT EXECUTE FUNCTION search_count_nothing();
"""
FILL = f"""
INSERT INTO search_facetcount (open, facet, value, n)
SELECT f.open, f.facet, f.value, count(*) FROM search_searchentry AS e, {FACETS_OF_E}
GROUP BY 1, 2, 3;
"""  # noqa: S608 - constants of this file
BACKWARD = """
DROP TRIGGER search_counts_emptied ON search_searchentry;
DROP TRIGGER search_counts_removed ON search_searchentry;
DROP TRIGGER search_counts_changed ON search_searchentry;
DROP TRIGGER search_counts_added ON search_searchentry;
DROP FUNCTION search_count_nothing();
DROP FUNCTION search_count_facets();
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0003_at_scale")]
    operations = [migrations.RunSQL(COUNT + TRIGGERS + FILL, BACKWARD)]
