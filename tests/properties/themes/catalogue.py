"""All themes: together they tell of every benefit that can be paid."""

from __future__ import annotations

from tests.properties.teller import Theme
from tests.properties.themes.births import BIRTHS, VISITED
from tests.properties.themes.care import CARE
from tests.properties.themes.families import SHOCKS, TOP_UPS, TRANSFERS
from tests.properties.themes.pupils import PUPILS
from tests.properties.themes.wages import LOST_WAGES

THEMES: tuple[Theme, ...] = (BIRTHS, VISITED, PUPILS, TRANSFERS, TOP_UPS, SHOCKS, CARE, LOST_WAGES)
