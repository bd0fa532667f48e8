"""Days of lost wages are held by the database too: two windows for a maternity leave, none shared by two lines."""

from datetime import date, timedelta

import pytest
from psycopg.errors import ExclusionViolation

from tests.cases.test_cases import CASES
from tests.stack.decide.conftest import Desk

TWINS = CASES["wages: Twins are one delivery and one allowance, though the birth cash is paid for each"]
DELIVERY = date(2023, 9, 10)


def test_the_days_of_a_leave_stand_in_the_database_and_nobody_else_can_have_them(desk: Desk) -> None:
    desk.publish(TWINS.events)
    desk.decide(at_once=1)
    held = desk.rows("select grp_no, lower(days), upper(days) from claim_window order by grp_no")
    assert held == [
        (1, DELIVERY, DELIVERY + timedelta(days=121)),
        (2, DELIVERY, DELIVERY + timedelta(days=121)),
        (3, DELIVERY, DELIVERY + timedelta(days=90)),
    ]
    again = (
        "insert into claim_window select holder_no, 3, daterange('2023-12-08', '2023-12-20'), line_id from claim_window"
    )
    with pytest.raises(ExclusionViolation), desk.connection.transaction():
        desk.connection.execute(f"{again} where grp_no = 3")
