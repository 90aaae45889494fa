"""The lineage engine: one set of questions, answered by SQL where they are small and by a
snapshot of the graph where they are large. Both give the same answers."""
