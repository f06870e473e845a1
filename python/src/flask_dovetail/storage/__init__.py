"""What stands between the features and their stores: pools, deadlines, and failing fast."""
