"""What the tests of exports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exporting.mailbox import Mailbox, mailbox


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """A mail server, and what came to it."""
    with mailbox() as found:
        yield found
