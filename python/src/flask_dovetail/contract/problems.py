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
    """One of our cookies was sent twice with different values, so it is unclear which is meant."""


class StaleSignIn(Problem, code="STALE_SIGN_IN"):
    """The outside sign-in was not begun by this browser, or longer ago than its time limit."""


class Unauthenticated(Problem, code="UNAUTHENTICATED"):
    """No credential was sent."""


class SessionExpired(Problem, code="SESSION_EXPIRED"):
    """A credential was sent, but the login behind it has ended."""


class InvalidCredentials(Problem, code="INVALID_CREDENTIALS"):
    """No account matches; whether the account exists is not said."""


class InvalidToken(Problem, code="INVALID_TOKEN"):
    """The access token is malformed, of another kind or audience, or not of our making."""


class TokenExpired(Problem, code="TOKEN_EXPIRED"):
    """The access token was one of ours; a refresh gives another."""


class RefreshReused(Problem, code="REFRESH_REUSED"):
    """A replaced refresh token came back after the grace window; its login has been ended."""


class InvalidDpopProof(Problem, code="INVALID_DPOP_PROOF"):
    """The login is bound to a key (RFC 9449), which the request did not prove to have."""


class ReauthenticationRequired(Problem, code="REAUTHENTICATION_REQUIRED"):
    """The sign-in is longer ago than this operation allows (RFC 9470)."""


class Forbidden(Problem, code="FORBIDDEN"):
    """The person is signed in, but not allowed to do this."""


class InsufficientScope(Problem, code="INSUFFICIENT_SCOPE"):
    """The login was not granted every scope that is needed."""


class MissingRole(Problem, code="MISSING_ROLE"):
    """The identity has none of the roles of which one is needed."""


class ProviderDeclined(Problem, code="PROVIDER_DECLINED"):
    """The person or the outside provider called the sign-in off."""


class NoAccount(Problem, code="NO_ACCOUNT"):
    """The application makes no account for this outside identity."""


class CsrfFailed(Problem, code="CSRF_FAILED"):
    """The CSRF token is missing or was made for another cookie; the client fetches a new one."""


class HostNotAllowed(Problem, code="HOST_NOT_ALLOWED"):
    """`Host` (RFC 9110, 7.2) is not one that the topology knows."""


class OriginNotAllowed(Problem, code="ORIGIN_NOT_ALLOWED"):
    """`Origin` (RFC 6454) is not one that the topology allows."""


class InvalidUploadUrl(Problem, code="INVALID_UPLOAD_URL"):
    """The signed address has expired or was altered; the upload itself gives fresh ones."""


class NotFound(Problem, code="NOT_FOUND"):
    """There is no such thing, or this identity may not know of it."""


class MethodNotAllowed(Problem, code="METHOD_NOT_ALLOWED"):
    """The address exists, but not for this method; `Allow` lists those that do."""


class NotAcceptable(Problem, code="NOT_ACCEPTABLE"):
    """No answer can be made in a form that `Accept` names."""


class Conflict(Problem, code="CONFLICT"):
    """The request contradicts the current state."""


class AccountExists(Problem, code="ACCOUNT_EXISTS"):
    """The email belongs to an account already, which an outside identity alone cannot take over."""


class ConnectedElsewhere(Problem, code="CONNECTED_ELSEWHERE"):
    """The outside identity signs in to another account."""


class UploadIncomplete(Problem, code="UPLOAD_INCOMPLETE"):
    """Parts have not arrived; `missing` lists their numbers."""


class QuotaExceeded(Problem, code="QUOTA_EXCEEDED"):
    """The owner's files, those under way included, would take more room than the policy gives."""


class UploadExpired(Problem, code="UPLOAD_EXPIRED"):
    """The upload was not finished within its time limit."""


class FileTooLarge(Problem, code="FILE_TOO_LARGE"):
    """The announced size is over the policy's limit, which `max_bytes` says."""


class PayloadTooLarge(Problem, code="PAYLOAD_TOO_LARGE"):
    """The body is larger than `MAX_CONTENT_LENGTH`."""


class UnsupportedMediaType(Problem, code="UNSUPPORTED_MEDIA_TYPE"):
    """The body's Content-Type is not the declared one."""


class ValidationFailed(Problem, code="VALIDATION_FAILED"):
    """The input contradicts the contract; `errors` lists each place by JSON Pointer (RFC 6901)."""


class FileTypeNotAllowed(Problem, code="FILE_TYPE_NOT_ALLOWED"):
    """The policy takes other types, which `types` lists."""


class FileTypeMismatch(Problem, code="FILE_TYPE_MISMATCH"):
    """The content that arrived is not of the declared type."""


class PartSizeMismatch(Problem, code="PART_SIZE_MISMATCH"):
    """A part is shorter or longer than its ticket says."""


class ChecksumMismatch(Problem, code="CHECKSUM_MISMATCH"):
    """The bytes that arrived are not those that the client read: the upload starts again."""


class FileRejected(Problem, code="FILE_REJECTED"):
    """The application's scan refused the file."""


class TooManyRequests(Problem, code="TOO_MANY_REQUESTS"):
    """A rate limit was reached; `Retry-After` says how long to wait."""


class TooManyConnections(Problem, code="TOO_MANY_CONNECTIONS"):
    """The person, or the process, has as many sockets open as it may."""


class HeaderFieldsTooLarge(Problem, code="HEADER_FIELDS_TOO_LARGE"):
    """The request headers, cookies included, are larger than the server reads."""


class InternalError(Problem, code="INTERNAL_ERROR"):
    """The server has a fault; the log has it under the same request id."""


class ProviderFailed(Problem, code="PROVIDER_FAILED"):
    """The outside provider was out of reach, or its answer could not be verified."""


class ServiceUnavailable(Problem, code="SERVICE_UNAVAILABLE"):
    """A store is out of reach; nothing was written."""


class StorageFull(Problem, code="STORAGE_FULL"):
    """There is no room for more bytes; nothing of the request was kept."""
