"""`spp report …` for finance officers: each report bound to a block, as a table, JSON, CSV or workbook."""

from typing import Annotated

import typer

from ledger.statements import balances, budget, cash, corrections, outstanding, sign_off
from ledger.statements.accounts import DIMENSIONS
from pipeline.cli.console import CommandError, ExitCode, Json
from pipeline.cli.report_options import Block, Cycle, Since, Until, cycle_of, open_view
from pipeline.cli.report_output import Csv, Xlsx, write

Dimension = Annotated[str, typer.Option("--by", help=f"Sum by a dimension: {', '.join(DIMENSIONS)}.")]
Period = Annotated[str, typer.Option(metavar="PERIOD", help="What is booked in this period.")]
AccountCode = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The code, as the trial balance names it.")]
FiscalYear = Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2199, help="The fiscal year.")]
Days = Annotated[int, typer.Option(min=1, help="Only entries recorded at least so many days late.")]


def trial_balance(
    *,
    since: Since = None,
    until: Until = None,
    block: Block = None,
    by: Dimension = "",
    period: Period = "",
    json: Json = False,
    csv: Csv = None,
    xlsx: Xlsx = None,
) -> None:
    """Debits, credits and balance of every account; debits less credits of a currency are zero."""
    if by and by not in DIMENSIONS:
        raise CommandError(f"--by {by}: expected one of {', '.join(DIMENSIONS)}", ExitCode.USAGE)
    if period and (since or until):
        raise CommandError("--period has its own days: leave out --from and --to", ExitCode.USAGE)
    with open_view(since, until, block) as view:
        try:
            report = balances.trial_balance_report(view, by, period)
        except KeyError as error:
            raise CommandError(f"there is no period {period!r}: `spp period list` shows them") from error
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def general_ledger(
    account: AccountCode,
    *,
    since: Since = None,
    until: Until = None,
    block: Block = None,
    json: Json = False,
    csv: Csv = None,
    xlsx: Xlsx = None,
) -> None:
    """Every transfer on one account with the running balance."""
    with open_view(since, until, block) as view:
        found = balances.account_named(view, account)
        if found is None:
            raise CommandError(f"there is no account {account!r}: `spp report trial-balance` lists them")
        report = balances.general_ledger(view, found)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def receipts_payments(
    *,
    since: Since = None,
    until: Until = None,
    block: Block = None,
    json: Json = False,
    csv: Csv = None,
    xlsx: Xlsx = None,
) -> None:
    """Cash receipts and payments (IPSAS, cash basis): payments count when they are settled."""
    with open_view(since, until, block) as view:
        report = cash.receipts_and_payments(view)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def budget_against_actual(
    year: FiscalYear, *, block: Block = None, json: Json = False, csv: Csv = None, xlsx: Xlsx = None
) -> None:
    """Appropriation, allotment, commitments, spending and what is left, by fund and programme."""
    with open_view(block=block) as view:
        report = budget.budget_against_actual(view, year)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def cash_forecast(*, block: Block = None, json: Json = False, csv: Csv = None, xlsx: Xlsx = None) -> None:
    """What is committed and not yet settled, by payment cycle, benefit and state."""
    with open_view(block=block) as view:
        report = outstanding.cash_forecast(view)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def outstanding_by_age(*, block: Block = None, json: Json = False, csv: Csv = None, xlsx: Xlsx = None) -> None:
    """What is committed and not yet settled, by age."""
    with open_view(block=block) as view:
        report = outstanding.outstanding(view)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def corrections_made(
    *,
    since: Since = None,
    until: Until = None,
    block: Block = None,
    json: Json = False,
    csv: Csv = None,
    xlsx: Xlsx = None,
) -> None:
    """Every reversal, with the transfer it takes back."""
    with open_view(since, until, block) as view:
        report = corrections.corrections(view)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def back_dated(
    *,
    days: Days = 1,
    since: Since = None,
    until: Until = None,
    block: Block = None,
    json: Json = False,
    csv: Csv = None,
    xlsx: Xlsx = None,
) -> None:
    """Entries effective on an earlier day than they were recorded, by month."""
    with open_view(since, until, block) as view:
        report = corrections.back_dated(view, days)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def signed_off(cycle: Cycle, *, block: Block = None, json: Json = False, csv: Csv = None, xlsx: Xlsx = None) -> None:
    """The pack a payment cycle is signed off with: summary, submissions, balances, corrections, signatures."""
    month = cycle_of(cycle)
    with open_view(block=block) as view:
        report = sign_off.sign_off(view, month)
    write(report, json=json, csv_file=csv, xlsx=xlsx)


def add_to(app: typer.Typer) -> None:
    """Register every report."""
    for name, command in (
        ("trial-balance", trial_balance),
        ("general-ledger", general_ledger),
        ("receipts-payments", receipts_payments),
        ("budget", budget_against_actual),
        ("cash-forecast", cash_forecast),
        ("outstanding", outstanding_by_age),
        ("corrections", corrections_made),
        ("back-dated", back_dated),
        ("sign-off", signed_off),
    ):
        app.command(name)(command)
