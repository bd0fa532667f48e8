"""All themes: together they tell of every benefit that can be paid."""

from __future__ import annotations

from tests.properties.teller import Theme
from tests.properties.themes.births import BIRTHS, VISITED
from tests.properties.themes.care import CARE
from tests.properties.themes.families import SHOCKS, TOP_UPS, TRANSFERS
from tests.properties.themes.pupils import PUPILS
from tests.properties.themes.wages import LOST_WAGES

BY_NAME = {
    "births": (BIRTHS,),
    "visits": (VISITED,),
    "pupils": (PUPILS,),
    "transfers": (TRANSFERS,),
    "top_ups": (TOP_UPS,),
    "shocks": (SHOCKS,),
    "care": (CARE,),
    "wages": (LOST_WAGES,),
}
THEMES: tuple[Theme, ...] = tuple(theme for themes in BY_NAME.values() for theme in themes)
ABOUT = {**BY_NAME, "two_of_them": THEMES}
"""What a story may be about, by name; the last tells of any one or two together."""
