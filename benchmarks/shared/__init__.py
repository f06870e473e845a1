"""What several benchmarks share: how they measure, the peers, the servers."""
