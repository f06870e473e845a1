"""The problems that any operation may answer with. Codes, statuses and titles: `wire/errors.json`."""

from __future__ import annotations

from .problem import Problem


class BadRequest(Problem, code="BAD_REQUEST"):
    """The request could not be understood."""


class MalformedJson(Problem, code="MALFORMED_JSON"):
    """The body is not JSON (RFC 8259)."""


class InvalidCursor(Problem, code="INVALID_CURSOR"):
    """The cursor was not made by this operation."""


class Forbidden(Problem, code="FORBIDDEN"):
    """Known, but not allowed to do this."""


class NotFound(Problem, code="NOT_FOUND"):
    """No such thing, or not for this identity to know of."""


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


class InternalError(Problem, code="INTERNAL_ERROR"):
    """A fault of the server's; the log has it under the same request id."""


class ServiceUnavailable(Problem, code="SERVICE_UNAVAILABLE"):
    """A store is out of reach; nothing was written."""
