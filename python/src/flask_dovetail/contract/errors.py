"""The problems that any operation may answer with; codes and titles are in `wire/errors.json`."""

from __future__ import annotations

from .problem import Problem


class BadRequest(Problem, code="BAD_REQUEST"):
    """The request could not be understood."""


class MalformedJson(Problem, code="MALFORMED_JSON"):
    """The body is not JSON (RFC 8259)."""


class InvalidCursor(Problem, code="INVALID_CURSOR"):
    """The cursor was not made by this operation."""


class AmbiguousCookie(Problem, code="AMBIGUOUS_COOKIE"):
    """One of our cookies was sent twice with different values; which is meant cannot be known."""


class Unauthenticated(Problem, code="UNAUTHENTICATED"):
    """No credential was sent."""


class SessionExpired(Problem, code="SESSION_EXPIRED"):
    """A credential was sent, but the login behind it has ended."""


class InvalidCredentials(Problem, code="INVALID_CREDENTIALS"):
    """No account matches; whether the account exists is not said."""


class Forbidden(Problem, code="FORBIDDEN"):
    """Known, but not allowed to do this."""


class InsufficientScope(Problem, code="INSUFFICIENT_SCOPE"):
    """The login was not granted every scope that is needed."""


class MissingRole(Problem, code="MISSING_ROLE"):
    """The identity has none of the roles of which one is needed."""


class CsrfFailed(Problem, code="CSRF_FAILED"):
    """The CSRF token is missing or was made for another cookie; the client fetches a new one."""


class OriginNotAllowed(Problem, code="ORIGIN_NOT_ALLOWED"):
    """`Origin` (RFC 6454) is none of those that the topology allows."""


class NotFound(Problem, code="NOT_FOUND"):
    """No such thing, or not for this identity to know of."""


class MethodNotAllowed(Problem, code="METHOD_NOT_ALLOWED"):
    """The address exists, but not for this method; `Allow` lists those that do."""


class NotAcceptable(Problem, code="NOT_ACCEPTABLE"):
    """Nothing that `Accept` names can be made."""


class Conflict(Problem, code="CONFLICT"):
    """The request contradicts the current state."""


class PayloadTooLarge(Problem, code="PAYLOAD_TOO_LARGE"):
    """The body is larger than `MAX_CONTENT_LENGTH`."""


class UnsupportedMediaType(Problem, code="UNSUPPORTED_MEDIA_TYPE"):
    """The body's Content-Type is not the declared one."""


class ValidationFailed(Problem, code="VALIDATION_FAILED"):
    """The input contradicts the contract; `errors` lists each place by JSON Pointer (RFC 6901)."""


class TooManyRequests(Problem, code="TOO_MANY_REQUESTS"):
    """A rate limit was reached; `Retry-After` says for how long."""


class HeaderFieldsTooLarge(Problem, code="HEADER_FIELDS_TOO_LARGE"):
    """The request headers, cookies included, are larger than the server reads."""


class InternalError(Problem, code="INTERNAL_ERROR"):
    """A fault of the server's; the log has it under the same request id."""


class ServiceUnavailable(Problem, code="SERVICE_UNAVAILABLE"):
    """A store is out of reach; nothing was written."""
