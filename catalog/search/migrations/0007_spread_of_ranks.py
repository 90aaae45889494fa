"""What ANALYZE knows of ranks, behind a function that plans the view of statistics just once."""

from django.db import migrations

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


class Migration(migrations.Migration):
    dependencies = [("search", "0006_sums_by_audience")]

    operations = [migrations.RunSQL(SPREAD, "DROP FUNCTION search_spread()")]
