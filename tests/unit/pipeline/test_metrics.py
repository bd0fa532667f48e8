"""The catalogue is the only source of metrics, and its reference page is as generated."""

import re

import pytest
from prometheus_client import generate_latest

from pipeline.metrics import Metrics
from pipeline.metrics.__main__ import REFERENCE, reference
from pipeline.metrics.catalogue import CATALOGUE, Kind, Metric

UNITS = {"_seconds": "seconds", "_records": "records", "_rows": "rows", "_minor": "minor units of the currency"}


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_metric_is_named_by_the_rules(metric: Metric) -> None:
    assert re.fullmatch(r"spp_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    for ending, unit in UNITS.items():
        if metric.name.endswith(ending):
            assert metric.unit.startswith(unit)
    assert metric.says.endswith(".")
    assert metric.action.endswith((".", "?"))
    assert all(values for values in metric.labels.values()), "each label names the closed set it is from"
    assert not {"sp_id", "household_id", "line_id", "account"} & set(metric.labels)


def test_a_process_has_all_metrics_of_the_catalogue_and_no_others() -> None:
    text = generate_latest(Metrics().registry).decode()
    served = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    assert served == {metric.name for metric in CATALOGUE}
    assert "_created" not in text


def test_the_reference_page_is_as_generated() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference()
