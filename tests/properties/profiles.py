"""How hard the properties are tried: `quick` with every run of the tests, `long` where HYPOTHESIS_PROFILE says so.

Every run draws anew; a failure prints the blob that plays it again (`@reproduce_failure`).
"""

import os

from hypothesis import HealthCheck, settings

_EXAMPLES = {"quick": 1, "long": 20}


def tried(examples: int) -> settings:
    """Settings of a property that is tried on so many examples in the quick profile."""
    times = _EXAMPLES[os.environ.get("HYPOTHESIS_PROFILE", "quick")]
    return settings(
        max_examples=examples * times,
        deadline=None,
        print_blob=True,
        derandomize=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
