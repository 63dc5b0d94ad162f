"""Days that staff name: to come, and near enough that somebody lives to see them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest

from habeas.acts import ActCall
from habeas.errors import BadInput
from habeas.model import Request, Right
from habeas.policy import load_policy
from tests.policies.reading import CONTROLLERS
from workers.office.grounds import check_extension

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize("until", [date(2126, 5, 1), date(2027, 3, 11)])
def test_no_term_is_extended_beyond_a_year_where_the_law_sets_no_last_day(until: date) -> None:
    policy = load_policy(CONTROLLERS / "demo.toml").model_copy(update={"regimes": ()})
    request = Request(
        id="HB-2222-3333-4444",
        controller=policy.id,
        right=Right.ACCESS,
        regime="NZ-PRIVACY",
        jurisdiction="NZ",
        language="en",
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
    )

    def extend(day: date) -> None:
        call = ActCall(act_id=str(uuid.uuid4()), actor="0" * 16, ground="complexity", expected_on=day)
        check_extension(call, request, policy, (), NOW)

    extend(date(2027, 3, 10))
    with pytest.raises(BadInput, match="until: after 2027-03-10, more than a year ahead; check the year"):
        extend(until)
