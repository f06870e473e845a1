"""The declaration of `@operation` on a view: its inputs, answers and problems, read once at import.

The names of a view's arguments carry meaning: `body`, `query` and `headers` are inputs of their
own. Every other argument is a path parameter or, where no path of the view has it, a query
parameter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from flask import Response
from pydantic import BaseModel

from ..core.errors import DeclarationError
from .problem import Problem
from .schemas import Reader
from .security import security_of
from .writers import Writer

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ATTRIBUTE = "__dovetail_operation__"
INPUTS = ("body", "query", "headers")
View = Callable[..., Any]
REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Answer:
    """One declared success.

    Attributes:
        status: 200 to 399.
        kind: the type of the body; None where there is no body; `Response` where the view makes it.
        writer: None where `kind` is not a type to serialise.
    """

    status: int
    kind: Any
    writer: Writer | None

    @property
    def adapter(self) -> TypeAdapter[Any] | None:
        """Pydantic's adapter of `kind`; None where `kind` is not a type to serialise."""
        return None if self.writer is None else self.writer.adapter

    @property
    def by_view(self) -> bool:
        """Whether the view makes the response itself (a file, a stream, a redirect)."""
        return isinstance(self.kind, type) and issubclass(self.kind, Response)


@dataclass(frozen=True)
class Operation:
    """One decorated view.

    Attributes:
        name: module and qualified name, for error messages.
        path: each other argument; None for one without an annotation that pydantic can handle.
        defaults: the path parameters that have one: a rule may leave them out.
        body_default: the value of an absent body; `REQUIRED` where a body must be there.
        bound: whether the view is a method of a `MethodView`.
    """

    view: View
    name: str
    path: Mapping[str, Reader | None]
    defaults: Mapping[str, Any]
    query: Reader | None
    headers: Reader | None
    body: Reader | None
    body_default: Any
    bound: bool
    answers: tuple[Answer, ...]
    problems: tuple[type[Problem], ...]
    summary: str
    description: str | None
    tags: tuple[str, ...]
    operation_id: str | None
    deprecated: bool
    mock: bool
    examples: Mapping[str | int, Any]

    @property
    def body_required(self) -> bool:
        """Whether a request must have a body."""
        return self.body is not None and self.body_default is REQUIRED


def operation_of(view: Any) -> Operation | None:
    """Return the operation that `view` is, or None for a view that is not decorated."""
    operation: Operation | None = getattr(view, ATTRIBUTE, None)
    return operation


def declaration_error(name: str, fact: str, cure: str) -> DeclarationError:
    """Make the error of a declaration: which view, what is wrong, what to do."""
    return DeclarationError(f"@operation on {name}: {fact}\n  cure: {cure}")


def declare(
    view: View,
    *,
    returns: Any,
    problems: Sequence[type[Problem]],
    summary: str | None,
    description: str | None,
    tags: Sequence[str],
    examples: Mapping[str | int, Any] | None,
    deprecated: bool,
    operation_id: str | None,
    mock: bool,
    local_names: Mapping[str, Any],
) -> Operation:
    """Read the declaration of `view`.

    Raises:
        DeclarationError: the declaration contradicts itself.
    """
    name = f"{view.__module__}.{view.__qualname__}"
    if security_of(view) is not None:
        raise declaration_error(
            name,
            "it stands above a guard, so strangers would reach the validation first.",
            "Write the guard (@signed_in) above @operation.",
        )
    if operation_of(view) is not None:
        raise declaration_error(name, "it is there twice.", "Remove one.")
    for problem in problems:
        if not (isinstance(problem, type) and issubclass(problem, Problem)):
            raise declaration_error(
                name, f"problems has {problem!r}.", "List subclasses of Problem."
            )
    parameters = dict(inspect.signature(view).parameters)
    hints = _hints(view, name, local_names)
    bound = next(iter(parameters), None) == "self"
    if bound:
        del parameters["self"]
    doc_summary, doc_description = _documentation(view)
    return Operation(
        view=view,
        name=name,
        path=_path(name, parameters, hints),
        defaults={
            p.name: p.default
            for p in parameters.values()
            if p.default is not REQUIRED and p.name not in INPUTS
        },
        query=_model(name, "query", parameters, hints),
        headers=_model(name, "headers", parameters, hints),
        body=_reader(name, "body", hints) if "body" in parameters else None,
        body_default=parameters["body"].default if "body" in parameters else None,
        bound=bound,
        answers=_answers(name, returns, hints),
        problems=tuple(problems),
        summary=summary or doc_summary or view.__name__.replace("_", " ").capitalize(),
        description=description or doc_description,
        tags=tuple(tags),
        operation_id=operation_id,
        deprecated=deprecated,
        mock=mock,
        examples=dict(examples or {}),
    )


def _hints(view: View, name: str, local_names: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return get_type_hints(view, localns=dict(local_names), include_extras=True)
    except NameError as exc:
        raise declaration_error(
            name,
            f"an annotation names {exc.name!r}, which is not there at run time.",
            "Import it outside `if TYPE_CHECKING:`, above the view.",
        ) from exc


def _documentation(view: View) -> tuple[str | None, str | None]:
    """Return the docstring's first line, and the rest."""
    first, _, rest = (inspect.getdoc(view) or "").partition("\n")
    return first.rstrip(".") or None, rest.strip() or None


def _path(
    name: str, parameters: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]
) -> dict[str, Reader | None]:
    readers: dict[str, Reader | None] = {}
    for parameter in parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise declaration_error(name, f"it takes *{parameter.name}.", "Name each argument.")
        if parameter.name not in INPUTS:
            readers[parameter.name] = _path_reader(hints.get(parameter.name, ...))
    return readers


def _path_reader(kind: Any) -> Reader | None:
    """Return the reader of an argument; None where only a decorator can give it, such as a row."""
    if kind is ...:
        return None
    try:
        return Reader(kind)
    except DeclarationError:
        return None


def _reader(name: str, argument: str, hints: Mapping[str, Any]) -> Reader:
    if argument not in hints:
        raise declaration_error(
            name, f"{argument} has no annotation.", "Annotate it with its model."
        )
    return Reader(hints[argument])


def _model(
    name: str,
    argument: str,
    parameters: Mapping[str, inspect.Parameter],
    hints: Mapping[str, Any],
) -> Reader | None:
    if argument not in parameters:
        return None
    kind = hints.get(argument)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        raise declaration_error(
            name,
            f"{argument} is annotated with {kind!r}.",
            "Annotate it with a pydantic model; give its fields defaults where they are optional.",
        )
    if argument == "headers" and any(
        not isinstance(field.validation_alias, str | None) for field in kind.model_fields.values()
    ):
        raise declaration_error(
            name,
            f"{kind.__name__} has a field with several aliases or a path.",
            "A header field has one name: give one alias.",
        )
    return Reader(kind)


def _answers(name: str, returns: Any, hints: Mapping[str, Any]) -> tuple[Answer, ...]:
    if returns is ...:
        if "return" not in hints:
            raise declaration_error(
                name, "it does not say what it answers.", "Annotate the view, or give returns=."
            )
        returns = hints["return"]
        if _is_flask_answer(returns):
            raise declaration_error(
                name,
                f"{returns!r} does not say which status goes with which model.",
                "Give returns={201: Model}; returns={200: Response} where the view makes it.",
            )
    if not isinstance(returns, Mapping):
        returns = {204 if returns in (None, type(None)) else 200: returns}
    if not returns:
        raise declaration_error(name, "returns is empty.", "Name at least one status.")
    return tuple(_answer(name, status, kind) for status, kind in returns.items())


def _is_flask_answer(kind: Any) -> bool:
    if get_origin(kind) is tuple or (isinstance(kind, type) and issubclass(kind, Response)):
        return True
    is_union = get_origin(kind) is Union or type(kind).__name__ == "UnionType"
    return is_union and any(_is_flask_answer(part) for part in get_args(kind))


def _answer(name: str, status: Any, kind: Any) -> Answer:
    if not isinstance(status, int) or not 200 <= status <= 399:
        raise declaration_error(
            name,
            f"returns has the status {status!r}.",
            "Use 200 to 399; refusals belong in problems=.",
        )
    if kind in (None, type(None)):
        return Answer(status, None, None)
    if status in (204, 304):
        raise declaration_error(name, f"{status} has a body.", f"Say {status}: None.")
    if isinstance(kind, type) and issubclass(kind, Response):
        return Answer(status, kind, None)
    return Answer(status, kind, Writer(kind))
