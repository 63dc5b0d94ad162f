"""How a request is carried out, step by step. Deterministic: runs inside Temporal."""
