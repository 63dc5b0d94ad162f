"""What Tryton cannot do is refused at the start, and what is missing is said by name."""

from __future__ import annotations

from typing import Any

import pytest

from activities.connectors import describe_connector, load_connector
from activities.connectors.tryton import TrytonConnector
from habeas.connector import Capability
from habeas.errors import ConfigurationError
from tests.connectors.tryton.made import Made, treated
from tests.connectors.tryton.people import LAW, collections, settings
from tests.connectors.tryton.server import TrytonServer

NOWHERE = "http://127.0.0.1:9"


def test_it_comes_through_the_same_door_as_anyone_s() -> None:
    made = load_connector("erp", {"connector": "tryton", **settings(NOWHERE)})
    assert made.manifest.title == "Tryton"
    assert {Capability.VETO, Capability.RECTIFY, Capability.RESTRICT, Capability.OBJECT} <= made.manifest.capabilities
    assert Capability.EXPIRE not in made.manifest.capabilities


def test_without_credentials_it_can_be_described() -> None:
    written = {name: value for name, value in settings(NOWHERE).items() if name not in ("user", "password")}
    described = describe_connector("erp", {"connector": "tryton", **written})
    assert described.manifest == load_connector("erp", {"connector": "tryton", **settings(NOWHERE)}).manifest


def test_what_is_not_decided_is_not_declared() -> None:
    made = TrytonConnector.from_settings("erp", settings(NOWHERE, restriction=None, purposes={}))
    assert not made.manifest.capabilities & {Capability.RESTRICT, Capability.OBJECT}


@pytest.mark.parametrize(
    ("name", "how", "named"),
    [
        ("invoices", {"treatment": "delete"}, "invoices: Tryton cannot delete it"),
        ("invoices", {"after": "delete"}, "invoices: Tryton cannot delete it"),
        ("move_lines", {"treatment": "delete"}, "move_lines: Tryton cannot delete it"),
        ("draft_invoices", {"treatment": "anonymise"}, "draft_invoices: Tryton cannot anonymise it"),
        ("attachments", {"treatment": "anonymise"}, "attachments: Tryton cannot anonymise it"),
        ("invoices", {"retention": None}, "invoices: what is retained needs a retention"),
        ("addresses", {"category": "places"}, "addresses: .* needs the same category"),
        ("addresses", {"treatment": "retain", "retention": LAW}, "addresses: .* cannot be retained alone"),
    ],
)
def test_what_tryton_cannot_do_is_refused(name: str, how: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        TrytonConnector.from_settings("erp", settings(NOWHERE, collections=treated(name, **how)))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"files": None}, "files is missing: .* attachments"),
        ({"identifiers": {"email": "code"}}, "identifiers.email: Tryton has its own"),
        ({"user": "a:b"}, "`systems.erp.user`"),
        ({"models": {"sale.sale": {"category": "sales", "treatment": "anonymise", "fields": ["party"]}}}, "`clear`"),
    ],
)
def test_what_does_not_fit_is_refused(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        TrytonConnector.from_settings("erp", settings(NOWHERE, **more))


def test_every_kind_of_object_is_decided() -> None:
    decided = {**collections(), "sales": collections()["parties"]}
    del decided["payees"]
    with pytest.raises(ConfigurationError, match=r"payees is missing.*sales: Tryton has no such") as raised:
        TrytonConnector.from_settings("erp", settings(NOWHERE, collections=decided, password="a secret"))
    assert "secret" not in str(raised.value)


class TestHealth:
    """`ping` names what is missing, and changes nothing."""

    async def _ping(self, tryton: TrytonServer, made: Made, **more: Any) -> str:
        before = tryton.rows("SELECT * FROM party_party"), tryton.rows("SELECT count(*) FROM ir_session_wizard")
        health = await made.connector(tryton, **more).ping()
        assert before == (
            tryton.rows("SELECT * FROM party_party"),
            tryton.rows("SELECT count(*) FROM ir_session_wizard"),
        )
        assert health.ok is (health.detail == "")
        return health.detail

    @pytest.mark.parametrize(
        ("card", "books"), [("anonymise", "retain"), ("delete", "retain"), ("delete", "anonymise")]
    )
    async def test_a_user_who_may_do_everything(self, tryton: TrytonServer, made: Made, card: str, books: str) -> None:
        assert await self._ping(tryton, made, card=card, books=books) == ""

    async def test_each_permission_is_missed_by_name(self, tryton: TrytonServer, made: Made) -> None:
        told = await self._ping(tryton, made, user="clerk")
        for one in (
            "may not delete and read and write account.invoice.",
            "may not delete and read and write account.invoice.line.",
            "may not read and write account.move.line.",
            "may not delete ir.email.",
            "may not run the wizard party.erase",
            "may not change the texts of posted invoices",
        ):
            assert f"The user {one}" in told
        assert "party.party" not in told

    async def test_a_field_that_the_user_may_not_see_or_write_is_missed_by_name(
        self, tryton: TrytonServer, made: Made
    ) -> None:
        """Tryton leaves it out of what it answers, as if it were not there."""
        access = "model.ir.model.field.access"
        fields = {
            "replaced_by": (False, False),
            "name": (True, False),
            "lang": (True, False),  # which nobody writes
            "code": (True, True),
        }
        rows = [
            {"model": "party.party", "field": name, "group": None, "perm_read": read, "perm_write": write}
            for name, (read, write) in fields.items()
        ]
        numbers = tryton.call(f"{access}.create", rows)
        told = await self._ping(tryton, made)
        tryton.call(f"{access}.delete", numbers)
        assert told == (
            "The user may not write the field name of party.party. "
            "The user may not read the field replaced_by of party.party."
        )

    async def test_a_rule_that_may_hide_records_is_told(self, tryton: TrytonServer, made: Made) -> None:
        rule = {"name": "Danes only", "model": "party.party", "global_p": True}
        (number,) = tryton.call("model.ir.rule.group.create", [rule | {"rules": [["create", [{"domain": "[]"}]]]}])
        health = await made.connector(tryton).ping()
        tryton.call("model.ir.rule.group.delete", [number])
        assert health.ok
        assert f"the record rule {number} hides records of party.party" in health.detail

    async def test_what_is_retained_needs_no_right_to_delete(self, tryton: TrytonServer, made: Made) -> None:
        kept = treated("emails", treatment="retain", retention=LAW, after="delete")
        assert "delete ir.email" in await self._ping(tryton, made, user="clerk", collections=kept), "in the end it does"

    async def test_a_user_who_sees_one_company_only(self, tryton: TrytonServer, made: Made) -> None:
        assert "does not see all companies" in await self._ping(tryton, made, user="narrow")

    async def test_a_category_that_there_is_not(self, tryton: TrytonServer, made: Made) -> None:
        told = await self._ping(tryton, made, restriction="Blocked", purposes={"direct_marketing": "Friends"})
        assert told == "There must be exactly one category of parties that is called Blocked."

    async def test_a_password_that_is_none(self, tryton: TrytonServer, made: Made) -> None:
        told = await self._ping(tryton, made, password="no-such-Passphrase-9")
        assert "Check `user` and `password`." in told
        assert "no-such" not in told
