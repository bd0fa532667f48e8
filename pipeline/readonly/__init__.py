"""Trying out decisions on what is recorded, with nothing kept."""

from pipeline.readonly.world import ReadOnlyWorld, open_world

__all__ = ["ReadOnlyWorld", "open_world"]
