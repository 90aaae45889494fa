SELECT 'no rows' AS problem WHERE NOT EXISTS (SELECT 1 FROM ${schema}.${table});
