from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from flask_dovetail.contract import operation
from flask_dovetail.contract.cli import contract


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    app.get("/it")(operation(returns=int, summary="It")(lambda: 1))
    app.cli.add_command(contract)
    return app.test_cli_runner()


@pytest.fixture
def exported(runner: FlaskCliRunner, tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    assert runner.invoke(args=["contract", "export", "--output", str(file)]).exit_code == 0
    return file


def test_export_writes_what_the_app_serves(
    app: Flask, runner: FlaskCliRunner, exported: Path
) -> None:
    printed = runner.invoke(args=["contract", "export"])

    assert printed.exit_code == 0
    assert printed.output.encode() == exported.read_bytes()
    assert exported.read_bytes() == app.test_client().get("/openapi.json").data


def test_check_passes_on_an_export_and_names_the_operations_of_a_stale_one(
    runner: FlaskCliRunner, exported: Path
) -> None:
    assert runner.invoke(args=["contract", "check", str(exported)]).exit_code == 0

    old: dict[str, Any] = json.loads(exported.read_text())
    old["paths"]["/it"]["get"]["summary"] = "Other"
    old["paths"]["/gone"] = {"get": {}}
    exported.write_text(json.dumps(old))
    stale = runner.invoke(args=["contract", "check", str(exported)])

    assert stale.exit_code == 1
    assert "- GET /gone" in stale.output
    assert "~ GET /it: summary" in stale.output
    assert f"flask dovetail contract export --output {exported}" in stale.output


def test_check_sees_a_reformatted_file(runner: FlaskCliRunner, exported: Path) -> None:
    exported.write_text(json.dumps(json.loads(exported.read_text())))

    stale = runner.invoke(args=["contract", "check", str(exported)])

    assert stale.exit_code == 1
    assert "layout" in stale.output


def test_breaking_names_what_breaks_and_passes_otherwise(
    runner: FlaskCliRunner, exported: Path
) -> None:
    assert runner.invoke(args=["contract", "breaking", str(exported)]).exit_code == 0

    old: dict[str, Any] = json.loads(exported.read_text())
    old["paths"]["/gone"] = {"get": {"responses": {}}}
    exported.write_text(json.dumps(old))
    broken = runner.invoke(args=["contract", "breaking", str(exported)])

    assert broken.exit_code == 1
    assert broken.output == "GET /gone: is gone\n"


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_document_is_one_clear_line(
    runner: FlaskCliRunner, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)

    for command in ("check", "breaking"):
        result = runner.invoke(args=["contract", command, str(file)])
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")
        assert len(result.output.splitlines()) == 1
