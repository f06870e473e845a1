// Generated from sign-in-session.json by `flask-dovetail types`. Do not edit.

export interface paths {
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in. Any login that this browser had is ended */
        post: operations["dovetail_auth_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** InvalidPlace */
        InvalidPlace: {
            /** @description What is wrong, for programs. */
            code: string;
            /** @description What is wrong, for people. */
            detail: string;
            /** @description JSON Pointer (RFC 6901): /body/title, /query/limit, /path/post_id. */
            pointer: string;
        };
        /**
         * LoggedIn
         * @description A login that has just begun.
         */
        LoggedIn: {
            /** @description For X-CSRF-Token, as long as this login lives. */
            csrf: string;
            login: components["schemas"]["Login"];
        };
        /**
         * Login
         * @description The current login, and what its owner may do.
         */
        Login: {
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends, however busy.
             */
            expires_at: string;
            id: string;
            roles: string[];
            scopes: string[];
            subject: string;
        };
        /**
         * Problem
         * @description A refusal or a failure (RFC 9457). Branch on `code`, never on the texts.
         */
        Problem: {
            /** @description The stable name of the problem. */
            code: string;
            /** @description What happened this time, for people. */
            detail?: string;
            /** @description What to quote when asking for help. */
            request_id?: string;
            /** @description The HTTP status. */
            status: number;
            /** @description The kind of problem, for people. */
            title: string;
            /** @description A URI that names the kind of problem. */
            type: string;
        };
        /**
         * TenantCredentials
         * @description Credentials with a tenant, and with the answers to what a refusal asks for.
         */
        TenantCredentials: {
            /** @default null */
            captcha?: string | null;
            /** @default null */
            code?: string | null;
            email: string;
            /** Format: password */
            password: string;
            tenant: string;
        };
        /** ValidationProblem */
        ValidationProblem: components["schemas"]["Problem"] & {
            /** @enum {string} */
            code?: "VALIDATION_FAILED";
            /** @description Each place that contradicts the contract. */
            errors: components["schemas"]["InvalidPlace"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    dovetail_auth_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantCredentials"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            /**
             * @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values
             *     - `MALFORMED_JSON`: The request body is not valid JSON
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE" | "MALFORMED_JSON";
                    };
                };
            };
            /**
             * @description - `CODE_REQUIRED`: Enter the code
             *     - `INVALID_CREDENTIALS`: The credentials do not match an account
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CODE_REQUIRED" | "INVALID_CREDENTIALS";
                    };
                };
            };
            /**
             * @description - `CAPTCHA_REQUIRED`: Solve the captcha
             *     - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CAPTCHA_REQUIRED" | "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `PAYLOAD_TOO_LARGE`: The request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "PAYLOAD_TOO_LARGE";
                    };
                };
            };
            /** @description - `UNSUPPORTED_MEDIA_TYPE`: The media type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "UNSUPPORTED_MEDIA_TYPE";
                    };
                };
            };
            /** @description - `VALIDATION_FAILED`: The request does not match the contract */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ValidationProblem"];
                };
            };
            /** @description - `TOO_MANY_REQUESTS`: Too many requests */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "TOO_MANY_REQUESTS";
                    };
                };
            };
            /** @description - `SERVICE_UNAVAILABLE`: The service is unavailable for the moment */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "SERVICE_UNAVAILABLE";
                    };
                };
            };
        };
    };
}
