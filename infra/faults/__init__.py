"""Faults on real servers under load: what was published, what came of it, what was lost or done twice."""
