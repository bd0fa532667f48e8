"""Metrics: the catalogue (`catalogue`), and the registry of one process (`Metrics`)."""

from pipeline.metrics.registry import Metrics, program_version

__all__ = ["Metrics", "program_version"]
