"""Facet counts are kept by the database itself, so that no way of writing can forget them."""

# Who sees one entry: everybody, the members of its domain, or a few who are counted apart.
AUDIENCES = """
LATERAL (
    SELECT CASE WHEN e.listed AND e.visibility = 'company' THEN 'all' ELSE 'closed' END AS audience
    UNION ALL
    SELECT 'd:' || e.domain_path WHERE e.listed AND e.visibility = 'domain'
) AS a
"""
# What one entry counts in.
FACETS_OF_E = """
LATERAL (
    SELECT v.facet, v.value FROM (VALUES
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
    SELECT 'kind', e.kind
    UNION ALL
    SELECT 'tag', t.value
    FROM unnest(e.tags) AS t (value) WHERE e.kind IN ('product', 'contract')
    UNION ALL
    SELECT 'technology', t.value
    FROM unnest(e.technologies) AS t (value) WHERE e.kind IN ('product', 'contract')
) AS f
"""


def counted(rows: str, sign: str) -> str:
    """What these rows count in, as rows of the table of sums."""
    return (
        f"SELECT a.audience, f.facet, f.value, {sign}count(*) AS n"  # noqa: S608 - constants
        f" FROM {rows} AS e, {AUDIENCES}, {FACETS_OF_E} GROUP BY 1, 2, 3"
    )


INTO = "INSERT INTO search_facetcount (audience, facet, value, n)"
COUNT = f"""
CREATE FUNCTION search_count_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {INTO} {counted("added", "")};
    ELSIF TG_OP = 'DELETE' THEN
        {INTO} {counted("removed", "-")};
    ELSE
        {INTO} SELECT audience, facet, value, sum(n) FROM (
            {counted("added", "")} UNION ALL {counted("removed", "-")}
        ) AS changes GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    END IF;
    RETURN NULL;
END $$;
"""
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
NOT_COUNTED = """
DROP TRIGGER search_counts_emptied ON search_searchentry;
DROP TRIGGER search_counts_removed ON search_searchentry;
DROP TRIGGER search_counts_changed ON search_searchentry;
DROP TRIGGER search_counts_added ON search_searchentry;
DROP FUNCTION search_count_nothing();
DROP FUNCTION search_count_facets();
"""
# What ANALYZE knows of ranks, behind a function that plans the view of statistics just once.
SPREAD = """
CREATE FUNCTION search_spread(
    OUT most_common text, OUT shares text, OUT bounds text, OUT n bigint
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT array_to_json(most_common_vals::text::float8[])::text,
        array_to_json(most_common_freqs)::text,
        array_to_json(histogram_bounds::text::float8[])::text,
        greatest(reltuples, 0)::bigint
    INTO most_common, shares, bounds, n
    FROM pg_class LEFT JOIN pg_stats
        ON schemaname = current_schema AND tablename = relname AND attname = 'rank'
    WHERE pg_class.oid = 'search_searchentry'::regclass;
END
$$
"""
NO_SPREAD = "DROP FUNCTION search_spread()"
