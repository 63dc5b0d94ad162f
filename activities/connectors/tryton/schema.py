"""What a Tryton database has: the fields of its models, and everything in it that leads to a party.

Modules add fields and models: Tryton lists them itself (https://docs.tryton.org/8.2/server/ref/models.html).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activities.connectors.api import Refused
from activities.connectors.tryton.kinds import KINDS, RESOURCES, Row
from activities.connectors.tryton.rpc import Rpc
from habeas.errors import Terminal

__all__ = ["CARD_MODELS", "Field", "Schema", "said"]

CARD_MODELS = ("party.party", "party.address", "party.identifier", "party.contact_mechanism")
KEPT = 300.0
"""Seconds for which it is believed what fields a model has."""
_FORBIDDEN = 403
_UNASKABLE = "unaskable"
_TEXTS = frozenset({"char", "text", "fulltext", "date", "time", "dict"})
_MANY = frozenset({"one2many", "many2many", "binary"})
_BY_ITSELF = frozenset(
    {"create_uid", "create_date", "write_uid", "write_date", "last_modified_at", "last_modification", "xml_id", "id"}
)
"""Fields that Tryton fills by itself."""

_STRUCTURE = frozenset(
    {
        # What a party's record itself consists of, and goes with it.
        *("party.party-party.category.party", "party.party.lang.party", "party.party.account.party"),
        *("party.party.payment_term.party", "party.party.replaced_by"),
        *("party.contact_mechanism.language.contact_mechanism", "party.identifier.address"),
        "party.contact_mechanism.address",
        # Read with the invoice that it is of.
        "account.invoice.alternative_payee.party",
        # Whose the database is, and its staff: never a match.
        *("company.company.party", "company.employee.party", "company.company.tax_identifier.tax_identifier"),
        # Further links of objects that lead to their party anyway.
        *("account.invoice.invoice_address", "account.invoice.party_tax_identifier", "account.invoice.tax_identifier"),
        # Computed, or asked for by a wizard: no need to ask Tryton what they are.
        *("account.account.party.party", "account.aged_balance.party", "account.general_ledger.account.party.party"),
        *("account.general_ledger.line.party", "account.invoice.company_party", "account.invoice.line.invoice_party"),
        *("account.invoice-account.move.line.invoice_party", "account.invoice.pay.start.payee"),
        *("account.invoice.payment.mean.rule.payee", "account.move.line.delegate.start.party"),
        *("account.reconcile.show.party", "company.company.tax_identifier.company_party", "party.erase.ask.party"),
        *("party.party.tax_identifier", "party.replace.ask.source", "party.replace.ask.destination"),
    }
)
_REFERENCES = frozenset(
    {
        *(f"{model}.resource" for model in RESOURCES),
        # The log and errors name records, and say nothing of them.
        *(
            "ir.model.log.resource",
            "ir.error.origin",
            "ir.ui.menu.action",
            "ir.action.action",
            "ir.action.keyword.model",
        ),
        *("account.move.origin", "account.move.line.origin", "account.move.line.move_origin"),
        *("account.invoice.line.origin", "account.general_ledger.line.origin"),
        *("account.invoice.payment.mean.instrument", "account.invoice.payment.mean.rule.instrument"),
    }
)
"""References that may name a record of any kind, and are decided."""


@dataclass(frozen=True)
class Field:
    """A field that is stored."""

    name: str
    type: str
    readonly: bool
    """Tryton fills it, and lets nobody write to it."""

    @property
    def text(self) -> bool:
        """It holds what somebody wrote."""
        return self.type in _TEXTS


class _Kept:
    """What Tryton said of its models since an instant."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.fields: dict[str, tuple[Field, ...]] = {}
        self.selections: dict[str, Any] = {}
        self.definitions: dict[tuple[str, ...], Mapping[str, Mapping[str, Any]]] = {}
        self.history: frozenset[str] | None = None


class Schema:
    """One database's.

    What a model's fields are is asked for again after `KEPT`: that changes with Tryton's modules, and Tryton lets its
    own clients keep it for a while (``X-Tryton-Cache``). Which links there are is asked for at each act.
    """

    def __init__(
        self,
        rpc: Rpc,
        further: Mapping[str, Sequence[str]],
        ignored: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it.

        Args:
            rpc: the database.
            further: models of other modules that the settings decide, with their fields that lead to a party.
            ignored: ``model.field`` that the settings leave out.
            clock: seconds that only grow.
        """
        self._rpc = rpc
        self._clock = clock
        own = {f"{kind.model}.{one}" for kind in KINDS.values() for one in kind.via}
        theirs = {f"{model}.{one}" for model, fields in further.items() for one in fields}
        self._decided = own | theirs | set(ignored) | _STRUCTURE
        self._ignored = frozenset(ignored)
        self._said = _Kept(clock())

    @property
    def _kept(self) -> _Kept:
        if self._clock() - self._said.since >= KEPT:
            self._said = _Kept(self._clock())
        return self._said

    async def fields(self, model: str) -> tuple[Field, ...]:
        """The stored fields of a model, but for those that Tryton fills by itself and lists of other records."""
        kept = self._kept
        if model not in kept.fields:
            found = await self._defined(model, None)
            kept.fields[model] = tuple(
                Field(name, one["type"], bool(one.get("readonly")))
                for name, one in sorted(found.items())
                if _stored(one) and one["type"] not in _MANY and name not in _BY_ITSELF
            )
        return kept.fields[model]

    async def history(self) -> frozenset[str]:
        """The models whose old values Tryton keeps (``_history``)."""
        kept = self._kept
        if kept.history is None:
            found = await self._rpc.call("model.ir.model.list_history")
            kept.history = frozenset(map(str, found)) if isinstance(found, list) else frozenset()
        return kept.history

    async def undecided(self) -> list[str]:
        """``model.field`` of everything stored that leads to a party, and that neither we nor the settings decide."""
        return await self._undecided(await self._links())

    async def check(self, parties: Sequence[int]) -> None:
        """Stop if anything that leads to a party is not decided, or a reference of any kind names one of these.

        Raises:
            Terminal: names each.
        """
        links = await self._links()
        found = await self._undecided(links)
        if parties:
            found += await self._references(links, [f"party.party,{one}" for one in parties])
        if found:
            raise Terminal(said(self._rpc.system, found), system=self._rpc.system)

    async def _links(self) -> list[Row]:
        to_card = [["relation", "in", list(CARD_MODELS)], ["ttype", "in", ["many2one", "one2one"]]]
        return await self._rpc.read(
            "ir.model.field", [["OR", to_card, ["ttype", "=", "reference"]]], ("model", "name", "ttype")
        )

    async def _undecided(self, links: Iterable[Row]) -> list[str]:
        names: dict[str, list[str]] = {}
        for row in links:
            if row["ttype"] != "reference" and f"{row['model']}.{row['name']}" not in self._decided:
                names.setdefault(str(row["model"]), []).append(str(row["name"]))
        found = []
        for model, fields in sorted(names.items()):
            defined = await self._defined(model, [*fields, "create_date"])
            # A model that is computed from others has no records of its own, and a computed field no values.
            if _stored(defined.get("create_date")):
                found += [f"{model}.{name}" for name in sorted(fields) if _stored(defined.get(name))]
        return found

    async def _references(self, links: Iterable[Row], resources: Sequence[str]) -> list[str]:
        """``model.field`` that may name a record of any kind, is not decided, and names one of these."""
        found = []
        for row in links:
            name = f"{row['model']}.{row['name']}"
            if row["ttype"] != "reference" or name in _REFERENCES or name in self._ignored:
                continue
            defined = await self._defined(str(row["model"]), [str(row["name"]), "create_date"])
            stored = _stored(defined.get(str(row["name"]))) and _stored(defined.get("create_date"))
            if stored and await self._names(row, defined[str(row["name"])], resources):
                found.append(name)
        return found

    async def _names(self, row: Row, definition: Mapping[str, Any], resources: Sequence[str]) -> bool:
        """Whether a reference names one of these; one that may not be asked counts as if it did."""
        if definition.get(_UNASKABLE):
            return True
        selectable = await self._selection(str(row["model"]), definition)
        if selectable is not None and "party.party" not in selectable:
            return False
        return bool(await self._rpc.read(str(row["model"]), [[row["name"], "in", list(resources)]], (), limit=1))

    async def _selection(self, model: str, definition: Mapping[str, Any]) -> set[str] | None:
        """The models that a reference may name; None where that differs from record to record."""
        options = definition.get("selection")
        if isinstance(options, str):
            if definition.get("selection_change_with"):
                return None
            method = f"model.{model}.{options}"
            kept = self._kept
            if method not in kept.selections:
                kept.selections[method] = await self._rpc.call(method)
            options = kept.selections[method]
        return {str(one[0]) for one in options or () if one}

    async def _defined(self, model: str, names: list[str] | None) -> Mapping[str, Mapping[str, Any]]:
        key = (model, *(names or ()))
        kept = self._kept
        if key not in kept.definitions:
            kept.definitions[key] = await self._definition(model, names)
        return kept.definitions[key]

    async def _definition(self, model: str, names: list[str] | None) -> Mapping[str, Mapping[str, Any]]:
        try:
            found = await self._rpc.call(f"model.{model}.fields_get", names)
        except Refused as refused:
            if refused.status != _FORBIDDEN:
                raise
            # Tryton lets nobody ask this model anything: it may hold something, so it counts as if it did.
            return {name: {"searchable": True, "sortable": True, "type": "", _UNASKABLE: True} for name in names or ()}
        return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}


def said(system: str, names: Iterable[str]) -> str:
    """What to do about links that nobody decided."""
    return (
        f"{system} keeps further data of parties: {', '.join(names)}. "
        f"Say in systems.{system}.models what it is, or in systems.{system}.ignored why it is nobody's data."
    )


def _stored(definition: Mapping[str, object] | None) -> bool:
    """Tryton sorts by what is stored; what is computed can be searched at most."""
    return bool(definition and definition.get("searchable") and definition.get("sortable"))
