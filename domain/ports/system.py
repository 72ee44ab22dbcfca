"""What the core asks of the machine it runs on."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

Clock = Callable[[], datetime]
"""The present moment, aware UTC."""


NewId = Callable[[], UUID]
"""An id that was never given before, in any process; those of one process sort as they were made."""
