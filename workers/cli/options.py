"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

By = Annotated[
    str,
    typer.Option(
        "--by", envvar="HABEAS_BY", metavar="NAME", help="Who does it; kept as a keyed hash. Or set HABEAS_BY."
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; kept sealed with the request.")]
ActId = Annotated[
    str | None,
    typer.Option("--act-id", metavar="UUID", help="Repeat an act that got no answer: it is not done twice."),
]
Sort = Annotated[
    str | None,
    typer.Option("--sort", metavar="NAME", help="By what; a `-` before it turns it around. A wrong one is told."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")]
Cursor = Annotated[
    str | None,
    typer.Option("--cursor", metavar="PLACE", help="Go on behind this: `place` of the last one, in --json."),
]
Reference = Annotated[str, typer.Argument(metavar="ID", help="The request's reference, as HB-7K2M-X4QT-90AB.")]


def identifier_texts(
    emails: Iterable[str] | None, phones: Iterable[str] | None, others: Iterable[str] | None
) -> tuple[str, ...]:
    """What ``--email``, ``--phone`` and ``--identifier`` say, each as ``kind=value``."""
    return (
        *(f"email={value}" for value in emails or ()),
        *(f"phone={value}" for value in phones or ()),
        *(others or ()),
    )
