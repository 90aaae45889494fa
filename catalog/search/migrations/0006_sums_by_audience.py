"""Sums of facets for the members of each domain, and one spelling of names in every database."""

from importlib import import_module

import catalog.search.models
import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

AUDIENCES = """
LATERAL (
    SELECT CASE WHEN e.listed AND e.visibility = 'company' THEN 'all' ELSE 'closed' END AS audience
    UNION ALL
    SELECT 'd:' || e.domain_path WHERE e.listed AND e.visibility = 'domain'
) AS a
"""
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
CREATE OR REPLACE FUNCTION search_count_facets() RETURNS trigger LANGUAGE plpgsql AS $$
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
before = import_module("catalog.search.migrations.0004_counts")
COUNT_BEFORE = before.COUNT.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + (
    "TRUNCATE search_facetcount;"  # filled again at the end
)
FILL_BEFORE = f"TRUNCATE search_facetcount; {before.FILL}"
FILL = f"TRUNCATE search_facetcount; {INTO} {counted('search_searchentry', '')};"


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0005_open_rows'),
    ]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, FILL_BEFORE),
        migrations.RemoveIndex(
            model_name='facetcount',
            name='facet_count_value',
        ),
        migrations.RemoveIndex(
            model_name='facetcount',
            name='facet_count_most',
        ),
        migrations.RemoveField(
            model_name='facetcount',
            name='open',
        ),
        migrations.AddField(
            model_name='facetcount',
            name='audience',
            field=models.CharField(max_length=510, default='all'),
            preserve_default=False,
        ),
        migrations.RunSQL(COUNT + FILL, COUNT_BEFORE),
        migrations.AddIndex(
            model_name='facetcount',
            index=models.Index(fields=['facet', 'audience', 'value'], include=('n',), name='facet_count_value'),
        ),
        migrations.AddIndex(
            model_name='facetcount',
            index=models.Index(fields=['facet', 'audience', '-n'], name='facet_count_most'),
        ),
        migrations.AddField(
            model_name='searchword',
            name='in_names',
            field=models.IntegerField(db_default=1, default=1),
        ),
        migrations.RunSQL(
            'UPDATE search_searchentry SET rank = rank + abs(hashtext(object_id))::float8 / 2^31 / 1000',
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['status', '-rank', 'id'], name='search_by_status'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['band', '-rank', 'id'], name='search_by_band'),
        ),
        migrations.RemoveIndex(
            model_name='searchentry',
            name='search_open',
        ),
        migrations.RemoveIndex(
            model_name='searchentry',
            name='search_by_exact_name',
        ),
        migrations.RemoveIndex(
            model_name='searchentry',
            name='search_by_beginning',
        ),
        migrations.RemoveIndex(
            model_name='searchentry',
            name='search_by_domain',
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(django.contrib.postgres.indexes.OpClass('domain_path', name='text_pattern_ops'), name='search_by_domain'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(django.db.models.functions.comparison.Collate(django.db.models.functions.text.Lower('name'), 'C'), name='search_by_spelling'),
        ),
        migrations.RemoveIndex(
            model_name='searchentry',
            name='search_vector',
        ),
        migrations.RemoveIndex(
            model_name='searchentry',
            name='search_names',
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['vector'], name='search_vector'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=django.contrib.postgres.indexes.GinIndex(catalog.search.models.NameWords('vector'), fastupdate=False, name='search_names'),
        ),
    ]
