"""Everything that touches the world: the ledger, connected systems, mail, storage, keys."""
