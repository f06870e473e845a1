"""Break the code on purpose, one small change at a time, and see whether a test notices.

benchmarks/mutants.toml lists the changes. Each is made in a copy of the sources, never in the
checkout; the tests that it names run there, and one of them has to fail. In the end the tests that
failed run once more without any change, and have to pass. Exits with 1 when a mutant lives, or when
no outcome can be had.

    .venv/bin/python scripts/mutants.py                     every mutant
    .venv/bin/python scripts/mutants.py one-file-too-many   those alone
    .venv/bin/python scripts/mutants.py --before DIR        in an older checkout, installed by its
                                                            own scripts/python.sh test and node.sh
    ... --record                                            write it to benchmarks/mutants.md, too
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]
LIST = ROOT / "benchmarks" / "mutants.toml"
RECORD = ROOT / "benchmarks" / "mutants.md"
LIMIT_SECONDS = 120
"""The time of one mutant. One that makes the tests hang is killed, too."""

CHECK_SECONDS = 1800

HANGS = f"not over in {LIMIT_SECONDS} s"
LIVED = "**lived**"
UNKNOWN = "not run"


class Suite(NamedTuple):
    """The tests of one half.

    Attributes:
        tests: their folder.
        entry: a source file that all of them import.
        proof: a test file that shows whether they import the one of the copy.
        fault: what is appended to `entry` for that.
    """

    tests: str
    entry: str
    proof: str
    fault: str


TEXT = "the copy is under test"
SUITES = {
    "python": Suite(
        "python/tests",
        "python/src/flask_dovetail/__init__.py",
        "test_text.py",
        f'\nraise RuntimeError("{TEXT}")\n',
    ),
    "starter": Suite(
        "starter/backend/tests",
        "starter/backend/app/__init__.py",
        "test_likes.py",
        f'\nraise RuntimeError("{TEXT}")\n',
    ),
    "typescript": Suite(
        "typescript/tests",
        "typescript/src/client.ts",
        "client.test.ts",
        f'\nthrow new Error("{TEXT}");\n',
    ),
}


class Mutant(NamedTuple):
    """A change of one place, and the test files that hold the promise it breaks."""

    id: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def suite(self) -> Suite:
        return SUITES[self.file.partition("/")[0]]


class Run(NamedTuple):
    """The outcome of some tests: those that failed."""

    failed: list[str]
    output: str


class NoOutcome(Exception):  # noqa: N818 - neither killed nor alive
    """A mutant that cannot be made, or tests that say nothing about it."""


def read_list(*, before: bool) -> list[Mutant]:
    """Return the mutants as the present tree, or the one before, has them."""
    mutants = []
    for name, entry in tomllib.loads(LIST.read_text("utf-8")).items():
        fields = dict(entry)
        for key in ("file", "old", "new", "tests"):
            other = fields.pop(f"before_{key}", fields[key])
            if before:
                fields[key] = other
        mutants.append(Mutant(name, **fields | {"tests": tuple(fields["tests"])}))
    return mutants


class Copy:
    """A copy of the sources of `tree`, whose installed packages are used from where they are."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self._folder = folder
        self._python = tree / ".venv/bin/python"
        self._clock = time.time()
        listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = subprocess.run(["git", *listed], cwd=tree, check=True, capture_output=True).stdout
        for name in filter(None, names.decode().split("\0")):
            if (tree / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(tree / name, folder / name)
        for name in ("node_modules", "typescript/node_modules"):
            if (tree / name).is_dir():
                (folder / name).symlink_to(tree / name)

    def read(self, file: str) -> str:
        try:
            return (self._folder / file).read_text("utf-8")
        except FileNotFoundError:
            raise NoOutcome(f"{file} is not there") from None

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """Have another text in `file` for a while."""
        former = self.read(file)
        self._write(file, text)
        try:
            yield
        finally:
            self._write(file, former)

    def run(self, suite: Suite, tests: Sequence[str]) -> Run:
        """Run test files up to the first failure."""
        files = sorted({file for test in tests for file in self._find(suite, test)})
        runner = self._vitest if suite is SUITES["typescript"] else self._pytest
        return runner(files, is_first=True, seconds=LIMIT_SECONDS)

    def check(self, suite: Suite, failed: Sequence[str]) -> Run:
        """Run tests that have failed before, all of them."""
        if suite is SUITES["typescript"]:
            files = sorted({test.partition(" > ")[0] for test in failed})
            return self._vitest(files, is_first=False, seconds=CHECK_SECONDS)
        return self._pytest(failed, is_first=False, seconds=CHECK_SECONDS)

    def _write(self, file: str, text: str) -> None:
        path = self._folder / file
        path.write_text(text, "utf-8")
        self._clock += 2  # compiled files are told apart by whole seconds
        os.utime(path, (self._clock, self._clock))

    def _find(self, suite: Suite, test: str) -> list[str]:
        """Return the files that `test` names, wherever in the suite's folder they are."""
        wanted = test.split("/")
        paths = [
            path.relative_to(self._folder)
            for path in sorted((self._folder / suite.tests).rglob(wanted[-1]))
        ]
        exact = [path for path in paths if path.as_posix().endswith(f"/{test}")]
        found = [path.as_posix() for path in exact or paths if _are_in(wanted, path.parts)]
        if not found:
            raise NoOutcome(f"{suite.tests} has no {test}")
        return found

    def _pytest(self, tests: Sequence[str], *, is_first: bool, seconds: float) -> Run:
        options = ["-q", "-p", "no:cacheprovider", "--tb=line", *(["-x"] if is_first else [])]
        if "long:" in self.read("pyproject.toml"):
            options += ["-m", "not long"]
        status, output = self._call(seconds, self._python, "-m", "pytest", *options, *tests)
        if status is None:
            return Run([HANGS], output)
        summary = output.rpartition("short test summary info")[2]
        failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", summary, re.MULTILINE)
        if status > 2 or (status and not failed):
            raise NoOutcome(f"pytest ended with {status}:\n{output[-2000:]}")
        return Run(failed if status else [], output)

    def _vitest(self, files: Sequence[str], *, is_first: bool, seconds: float) -> Run:
        report = self._folder / "vitest.json"
        report.unlink(missing_ok=True)
        status, output = self._call(
            seconds,
            self._folder / "node_modules/.bin/vitest",
            *("run", "--root", self._folder / "typescript", "--maxWorkers=1"),
            *("--no-cache", "--no-fsModuleCache", "--reporter=json", "--outputFile", report),
            *(["--bail=1"] if is_first else []),
            *(file.removeprefix("typescript/") for file in files),
        )
        if status is None:
            return Run([HANGS], output)
        failed = []
        for file in json.loads(report.read_text("utf-8"))["testResults"] if report.exists() else ():
            name = Path(file["name"]).relative_to(self._folder).as_posix()
            tests = [each["fullName"] for each in file["assertionResults"] if _has_failed(each)]
            failed += [f"{name} > {test}" for test in tests]
            if file["message"] and not tests:
                failed.append(name)
                output += file["message"]
        if status and not failed:
            raise NoOutcome(f"vitest ended with {status}:\n{output[-2000:]}")
        return Run(failed if status else [], output)

    def _call(self, seconds: float, *command: str | Path) -> tuple[int | None, str]:
        """Run a command in the copy; return its status (None: it took too long) and its output."""
        environment = os.environ | {
            "PATH": f"{self._folder / 'node_modules/.bin'}:{os.environ['PATH']}",  # the Node there
            "PYTHONPATH": str(self._folder / "python/src"),
        }
        environment.pop("PYTEST_ADDOPTS", None)
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]
        return process.returncode, output


def _has_failed(test: dict[str, str]) -> bool:
    return test["status"] == "failed"


def _are_in(wanted: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether the parts of a path have all that are wanted, in that order."""
    rest = iter(parts)
    return all(part in rest for part in wanted)


def prove(copy: Copy, suites: Sequence[Suite]) -> None:
    """Require that the tests of the copy import the sources of the copy."""
    for suite in suites:
        with copy.changed(suite.entry, copy.read(suite.entry) + suite.fault):
            try:
                output = copy.run(suite, [suite.proof]).output
            except NoOutcome as error:  # a conftest.py imports it, so that no test has begun
                output = str(error)
        if TEXT not in output:
            raise SystemExit(f"{suite.tests} does not import {suite.entry} of the copy.")


def kill(copy: Copy, mutant: Mutant) -> str | None:
    """Return the test that notices the mutant; None: it lives.

    Raises:
        NoOutcome: it cannot be made, or the tests do not run.
    """
    text = copy.read(mutant.file)
    if text.count(mutant.old) != 1:
        raise NoOutcome(f"`old` occurs {text.count(mutant.old)} times in {mutant.file}")
    with copy.changed(mutant.file, text.replace(mutant.old, mutant.new)):
        failed = copy.run(mutant.suite, mutant.tests).failed
    return failed[0] if failed else None


def find_failing(copy: Copy, killers: dict[Mutant, str]) -> set[Mutant]:
    """Return the mutants whose killers fail without them, too, and so say nothing."""
    failing: set[str] = set()
    for suite in SUITES.values():
        tests = {test for mutant, test in killers.items() if mutant.suite is suite} - {HANGS}
        if tests:
            failing |= {*copy.check(suite, sorted(tests)).failed}
    return {mutant for mutant, test in killers.items() if test in failing or HANGS in failing}


def read_record() -> dict[str, list[str]]:
    """Return the recorded outcomes by mutant: before, now."""
    rows = re.findall(r"^\| `([^`]+)` \| .*? \| (.*?) \| (.*?) \|$", _record(), re.MULTILINE)
    return {name: [before, now] for name, before, now in rows}


def _record() -> str:
    return RECORD.read_text("utf-8") if RECORD.exists() else ""


def write_record(outcomes: dict[str, str], *, before: bool) -> None:
    """Put outcomes into the table, whose other column stays as it is."""
    recorded = read_record()
    rows = {}
    for mutant in read_list(before=False):
        row = rows[mutant] = recorded.get(mutant.id, [UNKNOWN, UNKNOWN])
        row[not before] = outcomes.get(mutant.id, row[not before])
    table = (f"| `{m.id}` | {m.breaks} | {then} | {now} |\n" for m, (then, now) in rows.items())
    killed = [sum(row[at] not in (LIVED, UNKNOWN) for row in rows.values()) for at in (0, 1)]
    RECORD.write_text(
        "# Mutants, and the tests that notice them\n\n"
        "Written by `scripts/mutants.py --record`; the changes are in `mutants.toml`. "
        f"Of {len(rows)} mutants {killed[0]} were killed before all was laid out anew "
        f"(commit 322594d), and {killed[1]} are killed now.\n\n"
        "| mutant | the promise it breaks | before | now |\n|---|---|---|---|\n" + "".join(table),
        "utf-8",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Break the code; see whether a test notices.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="the mutants; default: all")
    parser.add_argument("--before", type=Path, metavar="DIR", help="an older checkout")
    parser.add_argument("--record", action="store_true", help=f"write {RECORD.name}")
    arguments = parser.parse_args()
    is_before = arguments.before is not None
    mutants = read_list(before=is_before)
    unknown = {*arguments.ids} - {mutant.id for mutant in mutants}
    if unknown:
        parser.error(f"{LIST.name} has no {', '.join(sorted(unknown))}")
    mutants = [each for each in mutants if not arguments.ids or each.id in arguments.ids]
    killers: dict[Mutant, str] = {}
    lived: list[Mutant] = []
    with tempfile.TemporaryDirectory(prefix="dovetail-mutants-") as folder:
        copy = Copy((arguments.before or ROOT).resolve(), Path(folder))
        prove(copy, list(dict.fromkeys(mutant.suite for mutant in mutants)))
        for mutant in mutants:
            began = time.monotonic()
            try:
                failed = kill(copy, mutant)
            except NoOutcome as error:
                word, detail = "NO OUTCOME", str(error)
            else:
                if failed is None:
                    lived.append(mutant)
                    word, detail = "LIVED", mutant.breaks
                else:
                    killers[mutant] = failed
                    word, detail = "killed", failed
            print(f"{word:10} {time.monotonic() - began:5.1f} s  {mutant.id}: {detail}", flush=True)
        for mutant in find_failing(copy, killers):
            print(f"NO OUTCOME {mutant.id}: {killers.pop(mutant)} fails without it, too")
    outcomes = {mutant.id: f"`{_short(test)}`" for mutant, test in killers.items()}
    outcomes |= {mutant.id: LIVED for mutant in lived}
    if arguments.record:
        write_record(outcomes, before=is_before)
    unknown_count = len(mutants) - len(outcomes)
    print(f"{len(killers)} killed, {len(lived)} lived, {unknown_count} without an outcome")
    return bool(unknown_count or (lived and not is_before))


def _short(test: str) -> str:
    """Return the name of a test as a cell of the table: no folders, no parameters."""
    return test.rpartition("/")[2].partition("[")[0].replace("|", "/")


if __name__ == "__main__":
    sys.exit(main())
