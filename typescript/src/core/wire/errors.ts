// Generated from wire/errors.json by scripts/wire.mjs: change the JSON, then `npm run wire`.
// Every problem code that Dovetail itself answers with. Both halves read this file; an application adds codes of its own.
export const ERRORS_TYPE_PREFIX = "urn:dovetail:problem:";
export const ERRORS_CODES = {
  "BAD_REQUEST": {
    "status": 400,
    "title": "The request could not be understood"
  },
  "MALFORMED_JSON": {
    "status": 400,
    "title": "The request body is not valid JSON"
  },
  "INVALID_CURSOR": {
    "status": 400,
    "title": "The page cursor is not one that this server made"
  },
  "AMBIGUOUS_COOKIE": {
    "status": 400,
    "title": "The same cookie was sent twice with different values"
  },
  "HOST_NOT_ALLOWED": {
    "status": 400,
    "title": "Requests to this host are not answered here"
  },
  "STALE_SIGN_IN": {
    "status": 400,
    "title": "The sign-in took too long, or began in another browser"
  },
  "UNAUTHENTICATED": {
    "status": 401,
    "title": "Signing in is required"
  },
  "SESSION_EXPIRED": {
    "status": 401,
    "title": "The login has ended"
  },
  "INVALID_CREDENTIALS": {
    "status": 401,
    "title": "The credentials do not match an account"
  },
  "INVALID_TOKEN": {
    "status": 401,
    "title": "The access token is not valid"
  },
  "TOKEN_EXPIRED": {
    "status": 401,
    "title": "The access token has expired"
  },
  "REFRESH_REUSED": {
    "status": 401,
    "title": "A refresh token was used again after it had been replaced; its login has been ended"
  },
  "INVALID_DPOP_PROOF": {
    "status": 401,
    "title": "The proof of possession is missing or not valid"
  },
  "REAUTHENTICATION_REQUIRED": {
    "status": 401,
    "title": "A more recent sign-in is required"
  },
  "FORBIDDEN": {
    "status": 403,
    "title": "Not allowed"
  },
  "INSUFFICIENT_SCOPE": {
    "status": 403,
    "title": "The login lacks a required scope"
  },
  "MISSING_ROLE": {
    "status": 403,
    "title": "The identity lacks a required role"
  },
  "PROVIDER_DECLINED": {
    "status": 403,
    "title": "The outside provider did not sign the person in"
  },
  "NO_ACCOUNT": {
    "status": 403,
    "title": "No account is connected to this outside identity"
  },
  "CSRF_FAILED": {
    "status": 403,
    "title": "The CSRF token is missing or belongs to another login"
  },
  "ORIGIN_NOT_ALLOWED": {
    "status": 403,
    "title": "Requests from this origin are not allowed"
  },
  "INVALID_UPLOAD_URL": {
    "status": 403,
    "title": "The upload address has expired or was altered"
  },
  "NOT_FOUND": {
    "status": 404,
    "title": "Not found"
  },
  "METHOD_NOT_ALLOWED": {
    "status": 405,
    "title": "The method is not allowed here"
  },
  "NOT_ACCEPTABLE": {
    "status": 406,
    "title": "No acceptable representation"
  },
  "REQUEST_TIMEOUT": {
    "status": 408,
    "title": "The request took too long to arrive"
  },
  "CONFLICT": {
    "status": 409,
    "title": "The request conflicts with the current state"
  },
  "ACCOUNT_EXISTS": {
    "status": 409,
    "title": "An account with this email exists; sign in to it, then connect the provider"
  },
  "CONNECTED_ELSEWHERE": {
    "status": 409,
    "title": "This outside identity is connected to another account"
  },
  "UPLOAD_INCOMPLETE": {
    "status": 409,
    "title": "Parts of the upload have not arrived"
  },
  "QUOTA_EXCEEDED": {
    "status": 409,
    "title": "There is no room left for this file"
  },
  "GONE": {
    "status": 410,
    "title": "No longer available"
  },
  "UPLOAD_EXPIRED": {
    "status": 410,
    "title": "The upload was not finished in time"
  },
  "LENGTH_REQUIRED": {
    "status": 411,
    "title": "A Content-Length is required"
  },
  "PRECONDITION_FAILED": {
    "status": 412,
    "title": "A precondition failed"
  },
  "PAYLOAD_TOO_LARGE": {
    "status": 413,
    "title": "The request body is too large"
  },
  "FILE_TOO_LARGE": {
    "status": 413,
    "title": "The file is larger than allowed"
  },
  "URI_TOO_LONG": {
    "status": 414,
    "title": "The address is too long"
  },
  "UNSUPPORTED_MEDIA_TYPE": {
    "status": 415,
    "title": "The media type is not supported"
  },
  "RANGE_NOT_SATISFIABLE": {
    "status": 416,
    "title": "The range cannot be satisfied"
  },
  "VALIDATION_FAILED": {
    "status": 422,
    "title": "The request does not match the contract"
  },
  "FILE_TYPE_NOT_ALLOWED": {
    "status": 422,
    "title": "Files of this type are not accepted"
  },
  "FILE_TYPE_MISMATCH": {
    "status": 422,
    "title": "The content is not of the declared type"
  },
  "PART_SIZE_MISMATCH": {
    "status": 422,
    "title": "The part does not have the announced size"
  },
  "CHECKSUM_MISMATCH": {
    "status": 422,
    "title": "The content does not have the announced checksum"
  },
  "FILE_REJECTED": {
    "status": 422,
    "title": "The file was not accepted"
  },
  "PRECONDITION_REQUIRED": {
    "status": 428,
    "title": "A precondition is required"
  },
  "TOO_MANY_REQUESTS": {
    "status": 429,
    "title": "Too many requests"
  },
  "TOO_MANY_CONNECTIONS": {
    "status": 429,
    "title": "Too many connections are open"
  },
  "HEADER_FIELDS_TOO_LARGE": {
    "status": 431,
    "title": "The request header fields are too large"
  },
  "INTERNAL_ERROR": {
    "status": 500,
    "title": "Something went wrong on the server"
  },
  "NOT_IMPLEMENTED": {
    "status": 501,
    "title": "Not implemented"
  },
  "BAD_GATEWAY": {
    "status": 502,
    "title": "An upstream service failed"
  },
  "PROVIDER_FAILED": {
    "status": 502,
    "title": "The outside provider did not answer as it must"
  },
  "SERVICE_UNAVAILABLE": {
    "status": 503,
    "title": "The service is unavailable for the moment"
  },
  "GATEWAY_TIMEOUT": {
    "status": 504,
    "title": "An upstream service took too long"
  },
  "STORAGE_FULL": {
    "status": 507,
    "title": "The storage is full"
  }
} as const;

// A page needs no more of the list above, which is twice as long.
export const ERRORS_BY_STATUS = {
  "400": [
    "BAD_REQUEST",
    "The request could not be understood"
  ],
  "401": [
    "UNAUTHENTICATED",
    "Signing in is required"
  ],
  "403": [
    "FORBIDDEN",
    "Not allowed"
  ],
  "404": [
    "NOT_FOUND",
    "Not found"
  ],
  "405": [
    "METHOD_NOT_ALLOWED",
    "The method is not allowed here"
  ],
  "406": [
    "NOT_ACCEPTABLE",
    "No acceptable representation"
  ],
  "408": [
    "REQUEST_TIMEOUT",
    "The request took too long to arrive"
  ],
  "409": [
    "CONFLICT",
    "The request conflicts with the current state"
  ],
  "410": [
    "GONE",
    "No longer available"
  ],
  "411": [
    "LENGTH_REQUIRED",
    "A Content-Length is required"
  ],
  "412": [
    "PRECONDITION_FAILED",
    "A precondition failed"
  ],
  "413": [
    "PAYLOAD_TOO_LARGE",
    "The request body is too large"
  ],
  "414": [
    "URI_TOO_LONG",
    "The address is too long"
  ],
  "415": [
    "UNSUPPORTED_MEDIA_TYPE",
    "The media type is not supported"
  ],
  "416": [
    "RANGE_NOT_SATISFIABLE",
    "The range cannot be satisfied"
  ],
  "422": [
    "VALIDATION_FAILED",
    "The request does not match the contract"
  ],
  "428": [
    "PRECONDITION_REQUIRED",
    "A precondition is required"
  ],
  "429": [
    "TOO_MANY_REQUESTS",
    "Too many requests"
  ],
  "431": [
    "HEADER_FIELDS_TOO_LARGE",
    "The request header fields are too large"
  ],
  "500": [
    "INTERNAL_ERROR",
    "Something went wrong on the server"
  ],
  "501": [
    "NOT_IMPLEMENTED",
    "Not implemented"
  ],
  "502": [
    "BAD_GATEWAY",
    "An upstream service failed"
  ],
  "503": [
    "SERVICE_UNAVAILABLE",
    "The service is unavailable for the moment"
  ],
  "504": [
    "GATEWAY_TIMEOUT",
    "An upstream service took too long"
  ],
  "507": [
    "STORAGE_FULL",
    "The storage is full"
  ]
} as const;
