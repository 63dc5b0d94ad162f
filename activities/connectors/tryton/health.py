"""Whether the user may do what we will need, and the database is what the settings describe. Nothing is changed.

https://docs.tryton.org/8.2/server/topics/access_rights.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

from activities.connectors.api import Refused
from activities.connectors.tryton.change import category
from activities.connectors.tryton.kinds import (
    ATTACHMENTS,
    CARD,
    DOCUMENTS,
    EMAILS,
    INVOICES,
    PARTIES,
    RESOURCES,
)
from activities.connectors.tryton.rpc import Rpc
from activities.connectors.tryton.schema import CARD_MODELS, Schema, said
from activities.connectors.tryton.settings import TrytonSettings, kinds_of
from habeas.connector import Health, Treatment
from habeas.errors import HabeasError

__all__ = ["needed", "ping"]

_UNAUTHORISED, _FORBIDDEN = 401, 403
_READ, _WRITE, _DELETE = "read", "write", "delete"


async def ping(rpc: Rpc, schema: Schema, settings: TrytonSettings) -> Health:
    """Never raises for "no"."""
    try:
        wrong = [one async for one in _refused(rpc, schema, settings)]
        if wrong:
            return Health(ok=False, detail=" ".join(wrong))
        untold = [one async for one in _rules(rpc, needed(settings))]
        unfit = [one async for one in _unfit(rpc, schema, settings)]
    except HabeasError as error:
        hint = ""
        if isinstance(error, Refused) and error.status == _UNAUTHORISED:
            hint = " Check `user` and `password`."
        return Health(ok=False, detail=f"{error.detail}{hint}")
    return Health(ok=not unfit, fits=not unfit, detail=" ".join(unfit or untold))


def needed(settings: TrytonSettings) -> dict[str, set[str]]:
    """Model -> what is done with it."""
    found: dict[str, set[str]] = {model: {_READ} for model in ("ir.model.field", "company.company", "company.employee")}
    for name, kind in kinds_of(settings).items():
        decided = settings.models.get(name) or settings.collections[name]
        found.setdefault(kind.model, set()).update(_acts(decided.treatments))
    found["account.invoice.line"].add(_READ)
    if Treatment.ANONYMISE in settings.collections[INVOICES].treatments:
        found["account.invoice.line"].add(_WRITE)
        found["account.invoice.report.revision"] = {_READ, _DELETE}
    for model in CARD_MODELS:
        found[model].add(_WRITE)  # to correct it
    for model in RESOURCES:
        groups = (EMAILS, DOCUMENTS) if model == "ir.email" else (ATTACHMENTS, DOCUMENTS)
        for group in groups:
            found.setdefault(model, {_READ}).update(_acts(settings.collections[group].treatments))
    if settings.restriction or settings.purposes:
        found.setdefault("party.category", {_READ})
    return found


def _acts(treatments: set[Treatment]) -> Iterator[str]:
    yield _READ
    if Treatment.ANONYMISE in treatments:
        yield _WRITE
    if Treatment.DELETE in treatments:
        yield _DELETE


async def _refused(rpc: Rpc, schema: Schema, settings: TrytonSettings) -> AsyncIterator[str]:
    wanted = needed(settings)
    found = await rpc.call("model.ir.model.access.get_access", sorted(wanted))
    granted = found if isinstance(found, dict) else {}
    for model, acts in sorted(wanted.items()):
        rights = granted.get(model)
        lacking = sorted(act for act in acts if not (isinstance(rights, dict) and rights.get(act)))
        if lacking:
            yield f"The user may not {' and '.join(lacking)} {model}."
    async for one in _refused_fields(rpc, schema, wanted):
        yield one
    if settings.collections[PARTIES].treatments != {Treatment.RETAIN} and not await _may_run_wizard(rpc):
        yield "The user may not run the wizard party.erase (the group Party Administration may)."
    preferences = await rpc.preferences()
    if Treatment.ANONYMISE in settings.collections[INVOICES].treatments:
        group = await rpc.call("model.ir.model.data.get_id", "account", "group_account_admin")
        if group not in preferences.get("groups", ()):
            yield "The user may not change the texts of posted invoices: add the group Accounting Administration."
    companies = {int(row["id"]) for row in await rpc.read("company.company", [], ())}
    if companies - set(preferences.get("companies", ())) or preferences.get("company_filter") != "all":
        yield "The user does not see all companies: give them every company, and the company filter All."


async def _refused_fields(rpc: Rpc, schema: Schema, wanted: Mapping[str, set[str]]) -> AsyncIterator[str]:
    """Fields that Tryton leaves out of what it answers, or lets the user not write (``ir.model.field.access``).

    What is granted to everybody, or to any of the user's groups, counts; a field of which neither says anything is
    open. Nothing is written but texts.
    """
    mine = {None, *(await rpc.preferences()).get("groups", ())}
    names = ("model", "field", "group", *(f"perm_{act}" for act in (_READ, _WRITE)))
    may: dict[tuple[str, str], set[str]] = {}
    for row in await rpc.read("ir.model.field.access", [["model", "in", sorted(wanted)], ["active", "=", True]], names):
        if row["group"] in mine:
            granted = {act for act in (_READ, _WRITE) if row[f"perm_{act}"]}
            may.setdefault((row["model"], row["field"]), set()).update(granted)
    for (model, field), granted in sorted(may.items()):
        lacking = sorted((wanted[model] & {_READ, _WRITE}) - granted)
        if _WRITE in lacking and field not in {one.name for one in await schema.fields(model) if one.text}:
            lacking.remove(_WRITE)
        if lacking:
            yield f"The user may not {' and '.join(lacking)} the field {field} of {model}."


async def _rules(rpc: Rpc, wanted: Iterable[str]) -> AsyncIterator[str]:
    """Rules of the administrators' own by which Tryton leaves out records, and does not say so (``ir.rule.group``).

    Those that come with modules are about companies: all of them are seen, see `_refused`.
    """
    mine = set((await rpc.preferences()).get("groups", ()))
    names = ("model", "xml_id", "global_p", "default_p", "groups")
    for row in await rpc.read("ir.rule.group", [["model", "in", sorted(wanted)]], names):
        if not row["xml_id"] and (row["global_p"] or row["default_p"] or mine.intersection(row["groups"])):
            told = "cannot be told: see to it that it hides none, and forbids none to be changed."
            yield f"Whether the record rule {row['id']} hides records of {row['model']} from the user {told}"


async def _may_run_wizard(rpc: Rpc) -> bool:
    """Open it on no party, and close it: nothing else tells who may."""
    context = {"active_model": "party.party"}
    try:
        session = await rpc.call("wizard.party.erase.create", context=context)
    except Refused as refused:
        if refused.status == _UNAUTHORISED:
            raise
        return False
    if isinstance(session, list):
        await rpc.call("wizard.party.erase.delete", session[0], context=context)
    return True


async def _unfit(rpc: Rpc, schema: Schema, settings: TrytonSettings) -> AsyncIterator[str]:
    undecided = await schema.undecided()
    if undecided:
        yield said(rpc.system, undecided)
    for model, one in settings.models.items():
        try:
            await rpc.read(model, [["id", "=", 0]], ())
        except Refused as refused:
            if refused.status != _FORBIDDEN:
                raise
            yield f"`models.{model}`: Tryton lets nobody ask for it."
            continue
        names = {field.name for field in await schema.fields(model)}
        for name in sorted({*one.fields, *one.clear, *one.free_text} - names):
            yield f"`models.{model}`: it has no field {name} that is stored."
    for name in sorted({*settings.purposes.values(), *([settings.restriction] if settings.restriction else [])}):
        if await category(rpc, name) is None:
            yield f"There must be exactly one category of parties that is called {name}."
    kept = await schema.history()
    for name in CARD:
        model = kinds_of(settings)[name].model
        if model in kept and Treatment.DELETE in settings.collections[name].treatments:
            yield f"collections.{name}: Tryton keeps the history of {model}: what is deleted stays there; anonymise it."
