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

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = setting(
        "DOVETAIL_LOGS_LEVEL",
        default=None,
        shown="`INFO`; of `app.logger`, the level that it has, and `DEBUG` in debug",
        doc="The lowest level that is written. The line per request is INFO.",
    )
    format: Literal["json", "console", "mask", "off"] | None = setting(
        "DOVETAIL_LOGS_FORMAT",
        default=None,
        shown="`json`, or `off` where the app has logging handlers of its own",
        doc="`json`: one object a line on stderr; `console`: for people; `mask`: only mask, and "
        "leave the writing to handlers of your own; `off`: the same for Dovetail's lines, and "
        "leave those of `app.logger` alone.",
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

    def written_as(self, *, heard: bool) -> str:
        """Return the format of a line; `heard` says whether another handler receives it, too."""
        return self.format or ("off" if heard else "json")

    def writes(self, level: int, *, of_app: bool) -> bool:
        """Return whether a line of that level is written; `of_app`: the app's logger has let it."""
        return (of_app and self.level is None) or level >= self.threshold

    @cached_property
    def threshold(self) -> int:
        """The level as a number of `logging`."""
        return logging.getLevelNamesMapping()[self.level or "INFO"]
