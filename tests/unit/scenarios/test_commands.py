from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from typer.testing import CliRunner

from ledger.reconciliation.identity import Identity
from pipeline.cli.main import app
from pipeline.cli.summary import Summary, as_json, show
from pipeline.scenarios import files, mixed
from pipeline.scenarios.catalogue import SCENARIOS
from pipeline.scenarios.comparison import compare
from pipeline.scenarios.obtained import Counters, Obtained
from pipeline.scenarios.running import Stage

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = CliRunner()


def _said(*arguments: str) -> str:
    result = RUNNER.invoke(app, ["scenario", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_names_every_scenario_with_its_sizes() -> None:
    said = _said("list")
    for name, scenario in SCENARIOS.items():
        (line,) = (line for line in said.splitlines() if line.startswith(f"{name} "))
        assert f"{scenario.programme.full:,}" in line


def test_flood_cash_shows_what_is_published_what_the_rule_gives_and_the_source() -> None:
    said = _said("show", "flood-2022")
    assert said.count("Each person counts once for the extra") == 1
    assert "+1,920,000" in said
    assert "46,799,088,000" in said
    assert "46,801,008,000" in said
    assert "https://phnompenhpost.com/national/financial-relief-flood-hit-families-ends" in said
    assert "unexplained" in said


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_shown_for_a_program_is_complete(name: str) -> None:
    told = msgspec.json.decode(_said("show", name, "--size", "small", "--json"))
    assert told["size"] == SCENARIOS[name].small
    assert all(figure["source"]["title"] and figure["source"]["href"] for figure in told["figures"])


def _summary(written: Path, *, paid_minor: int = 0) -> Summary:
    """A run of which everything came as expected, but for so many minor units."""
    manifest, expected = files.read_manifest(written), files.read_expected(written)
    posted = {(row.benefit, row.currency): (row.lines, int(row.amount)) for row in expected.posted}
    key = next(iter(posted))
    posted[key] = (posted[key][0], posted[key][1] + paid_minor)
    decisions = {(row.benefit, row.state, row.reasons): row.count for row in expected.decisions}
    obtained = Obtained(dict(expected.accepted_by_type), decisions, posted)
    records = expected.records
    after = Counters(records.accepted, records.replayed, records.quarantined, records.quarantined)
    figures = compare(expected, obtained, Counters(0, 0, 0, 0), after, expected.quarantined)
    examples = [mixed.Answer(one, one.state, one.reasons, one.amount) for one in mixed.wanted()]
    stages, identities = [Stage("published", records.published, 1.0)], list[Identity]()
    return Summary(manifest, expected, figures, identities, stages, examples, records.replayed)


def test_a_run_as_expected_agrees_and_shows_each_published_figure(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = _summary(written)
    assert summary.agrees
    show(summary)
    said = capsys.readouterr().out
    for figure, full in zip(summary.expected.published, summary.expected.at_full, strict=True):
        assert figure.source.title in said
        assert f"{full.rule:,}" in said
        if figure.published is not None:
            assert f"{full.rule - figure.published:+,}" in said
    assert "agrees to the riel" in said
    assert as_json(summary)["agrees"] is True


def test_one_riel_too_much_fails_the_run_and_is_told(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = _summary(written, paid_minor=1)
    assert not summary.agrees
    show(summary)
    assert "Differs" in capsys.readouterr().out


def test_an_example_decided_otherwise_fails_the_run_and_is_told(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = _summary(written)
    summary.examples[0] = summary.examples[0]._replace(state="rejected", amount=None)
    assert not summary.agrees
    show(summary)
    assert f"Differs: example {summary.examples[0].wanted.request_id}" in capsys.readouterr().out
