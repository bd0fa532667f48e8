"""DECIDE: one leader folds whole cases and writes decisions, claims, transfers and a block in one transaction."""

from pipeline.decide.decider import Decider

__all__ = ["Decider"]
