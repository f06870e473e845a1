"""The way from the features to their stores: pools, deadlines, and failing fast."""
