"""A synthetic catalogue of any size, for measuring (`./run scale`)."""
