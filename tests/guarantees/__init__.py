"""Which tests hold which promise, and small faults that they must find."""
