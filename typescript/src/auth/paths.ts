// Generated from auth.json by `flask-dovetail types`. Do not edit.

export interface paths {
    "/auth/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The outside identities of one's own account, the oldest first */
        get: operations["dovetail_providers_list_connections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/connections/{connection_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an outside identity from one's own account. Logins that it began go on */
        delete: operations["dovetail_providers_disconnect"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign out: ends every login whose cookie or access token is sent. No error without any */
        post: operations["dovetail_auth_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout-others": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End every login of one's own but this one */
        post: operations["dovetail_auth_end_other_sessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The outside providers that people may sign in with. Empty where there are none */
        get: operations["dovetail_provider_list_list_providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers/{name}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the provider sends the browser back to; goes on to the frontend, whatever happens */
        get: operations["dovetail_providers_callback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers/{name}/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Where to send the browser, to connect an outside identity to one's own account */
        post: operations["dovetail_providers_begin_connecting"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers/{name}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Send the browser to the provider. For navigation, not for fetch */
        get: operations["dovetail_providers_start"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Another access token, by the refresh cookie, which is replaced */
        post: operations["dovetail_auth_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The current login, or null. Never 401, so that a page can start without an error */
        get: operations["dovetail_auth_current_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is signed in */
        get: operations["dovetail_auth_list_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{login_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of one's own logins. Ending the current one signs out */
        delete: operations["dovetail_auth_end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Away
         * @description Where to send the browser.
         */
        Away: {
            url: string;
        };
        /**
         * ConnectionItem
         * @description One outside identity of an account.
         */
        ConnectionItem: {
            /** Format: date-time */
            connected_at: string;
            id: string;
            provider: string;
            title: string;
        };
        /**
         * ConnectionItems
         * @description The outside identities of an account, the oldest first.
         */
        ConnectionItems: {
            items: components["schemas"]["ConnectionItem"][];
        };
        /**
         * Credentials
         * @description What `POST /auth/login` takes and `authenticate` is given.
         *
         *     `email` is trimmed but not otherwise changed, nor checked for the form of an address: an unknown
         *     one is answered like a wrong password. NUL is refused in both, since databases and password
         *     hashes disagree about it.
         */
        Credentials: {
            email: string;
            /** Format: password */
            password: string;
        };
        /**
         * Device
         * @description One place where its owner is signed in.
         */
        Device: {
            address: string;
            /** Format: date-time */
            created_at: string;
            /** @description Whether it is the login of this request. */
            current: boolean;
            /** @description For people, such as "Chrome on macOS"; "" when not recognised. */
            device: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            /** Format: date-time */
            last_seen_at: string;
            /**
             * @description What it was given by.
             * @enum {string}
             */
            strategy: "session" | "token";
            user_agent: string;
        };
        /**
         * Devices
         * @description Everywhere that somebody is signed in, the last seen first.
         */
        Devices: {
            items: components["schemas"]["Device"][];
        };
        /**
         * Ended
         * @description How many logins were ended.
         */
        Ended: {
            ended: number;
        };
        /**
         * Granted
         * @description An access token, and the login it belongs to (RFC 6749 section 5.1).
         */
        Granted: {
            /** @description For `Authorization: Bearer`. Keep it in memory only. */
            access_token: string;
            /** @description Its life in seconds. */
            expires_in: number;
            login: components["schemas"]["Login"];
            /**
             * @default Bearer
             * @constant
             */
            token_type: "Bearer";
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
         * Next
         * @description Where the browser goes afterwards.
         */
        Next: {
            /**
             * @description A path on the first frontend origin, or an address on one of them.
             * @default /
             */
            next?: string;
        };
        /**
         * ProviderItem
         * @description One provider, for a button on the sign-in page.
         */
        ProviderItem: {
            name: string;
            /** @description For people. */
            title: string;
            /** @description Where to send the browser; append ?next= to say where it ends. */
            url: string;
        };
        /**
         * ProviderItems
         * @description The providers that people may sign in with.
         */
        ProviderItems: {
            items: components["schemas"]["ProviderItem"][];
        };
        /**
         * Session
         * @description Who is signed in, if anybody is.
         */
        Session: {
            login: components["schemas"]["Login"] | null;
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
    dovetail_providers_list_connections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionItems"];
                };
            };
        };
    };
    dovetail_providers_disconnect: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                connection_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    dovetail_auth_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"] | components["schemas"]["Granted"];
                };
            };
        };
    };
    dovetail_auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    dovetail_auth_end_other_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ended"];
                };
            };
        };
    };
    dovetail_provider_list_list_providers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderItems"];
                };
            };
        };
    };
    dovetail_providers_callback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    dovetail_providers_begin_connecting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Next"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Away"];
                };
            };
        };
    };
    dovetail_providers_start: {
        parameters: {
            query?: {
                /** @description A path on the first frontend origin, or an address on one of them. */
                next?: string;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    dovetail_auth_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Granted"];
                };
            };
        };
    };
    dovetail_auth_current_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    dovetail_auth_list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Devices"];
                };
            };
        };
    };
    dovetail_auth_end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                login_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
