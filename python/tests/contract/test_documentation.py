from __future__ import annotations

import pytest

from flask_dovetail import problems
from flask_dovetail.contract.config import ContractSettings
from flask_dovetail.core import wire
from flask_dovetail.core.settings import document
from support.paths import ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize(("code", "row"), wire.load("errors")["codes"].items())
def test_every_code_of_the_wire_is_in_the_table(code: str, row: dict[str, object]) -> None:
    page = (DOCS / "problems.md").read_text("utf-8")

    assert f"| `{code}` | {row['status']} | {row['title']} |" in page


def test_every_setting_is_in_the_table() -> None:
    page = (DOCS / "contract.md").read_text("utf-8")

    for row in document(ContractSettings):
        assert f"| `{row.key}` |" in page


def test_the_problems_module_offers_every_class() -> None:
    from flask_dovetail.contract import problems as errors

    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert classes == set(problems.__all__)
