"""Metrics: the catalogue (`catalogue`), and the registry of one process (`Metrics`)."""

from pipeline.metrics.registry import Metrics

__all__ = ["Metrics"]
