"""``python -m workers`` is ``habeas``."""

from workers.cli import main

main()
