"""``python -m app`` is the ``taizhang`` command."""

from app.cli import main

main()
