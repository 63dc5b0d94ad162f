"""The protocol between Habeas and a company's own services: the connector contract over HTTP, signed both ways.

Whoever has a service writes a `habeas.connector.Connector` for it and serves that with `habeas.wire.router`; or answers
the calls of ``docs/connectors/http.openapi.json`` in any language.
"""

from habeas.wire.messages import (
    Call,
    ChangeCall,
    CollectCall,
    EraseCall,
    ExpireCall,
    ExpiredCall,
    Finished,
    LocateCall,
    ManifestCall,
    PingCall,
    Problem,
    Vetoes,
    VetoesCall,
)
from habeas.wire.signing import BadSignature, Signer

__all__ = [
    "BadSignature",
    "Call",
    "ChangeCall",
    "CollectCall",
    "EraseCall",
    "ExpireCall",
    "ExpiredCall",
    "Finished",
    "LocateCall",
    "ManifestCall",
    "PingCall",
    "Problem",
    "Signer",
    "Vetoes",
    "VetoesCall",
]
