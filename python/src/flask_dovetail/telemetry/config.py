"""The configuration keys of the logs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..core.settings import setting


@dataclass(frozen=True)
class LogsSettings:
    """The format and level of the lines of `app.logger` and of Dovetail."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = setting(
        "DOVETAIL_LOGS_LEVEL",
        default="INFO",
        doc="The lowest level that is written. The line per request is INFO.",
    )
    format: Literal["json", "console", "off"] = setting(
        "DOVETAIL_LOGS_FORMAT",
        default="json",
        doc="`json`: one object a line on stderr; `console`: for people; `off`: only mask, and "
        "leave the writing to handlers of your own.",
    )

    text_characters: int = setting(
        "DOVETAIL_LOGS_TEXT_CHARACTERS",
        within=(256, 1_000_000),
        default=2048,
        doc="The longest message, path or field in a line of the log; a traceback may be eight "
        "times as long.",
        unit="characters",
        beyond="the middle of the text is cut",
    )

    def writes(self, level: int) -> bool:
        """Return whether Dovetail writes a line of that level."""
        return self.format != "off" and level >= self.threshold

    @cached_property
    def threshold(self) -> int:
        """The level as a number of `logging`."""
        return logging.getLevelNamesMapping()[self.level]
