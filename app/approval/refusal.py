"""Why a verb on a case is refused: a status and a sentence."""

from __future__ import annotations

from typing import Any


class Refusal(ValueError):
    """The verb is not done and nothing is kept. `status` is 400, 403, 404, 409 or 422."""

    def __init__(self, status: int, message: Any) -> None:
        self.status, self.message = status, message
        super().__init__(str(message))
