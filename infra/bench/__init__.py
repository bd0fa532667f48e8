"""Throughput of the full path on this machine, all guarantees on."""
