// Generated from openapi.json by `flask-dovetail types`. Do not edit.

export interface paths {
    "/api/comments/{comment_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a comment of one's own (staff: of anybody's) */
        delete: operations["comments_delete_comment"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/csrf-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The CSRF token of this browser, signed in or not */
        get: operations["dovetail_csrf_csrf_token"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The current login; 401 when there is none */
        get: operations["dovetail_auth_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own notifications, newest first */
        get: operations["dovetail_notifications_list_notifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/{seq}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark one read. Marked before, it stays as it was */
        post: operations["dovetail_notifications_mark_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark all up to one read */
        post: operations["dovetail_notifications_mark_all_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many of one's notifications are not read */
        get: operations["dovetail_notifications_read_unread"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set one's password. Every other login of one's own ends; this one gets a new secret */
        put: operations["accounts_change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/posts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The feed, newest first */
        get: operations["posts_list_posts"];
        put?: never;
        /** Publish a post */
        post: operations["posts_create_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/posts/{post_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One post */
        get: operations["posts_read_post"];
        put?: never;
        post?: never;
        /** Delete a post of one's own (staff: of anybody's) */
        delete: operations["posts_delete_post"];
        options?: never;
        head?: never;
        /** Edit a post of one's own (staff: of anybody's); what is left out or null stays */
        patch: operations["posts_change_post"];
        trace?: never;
    };
    "/api/posts/{post_id}/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was said about a post, oldest first */
        get: operations["comments_list_comments"];
        put?: never;
        /** Comment on a post */
        post: operations["comments_create_comment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/posts/{post_id}/like": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Like a post. Once more changes nothing */
        put: operations["likes_like_post"];
        post?: never;
        /** Like a post no more. Once more changes nothing */
        delete: operations["likes_unlike_post"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own profile */
        get: operations["accounts_read_profile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change one's name or bio; what is left out or null stays */
        patch: operations["accounts_change_profile"];
        trace?: never;
    };
    "/api/profile/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make an uploaded picture one's avatar; the former one goes */
        put: operations["accounts_choose_avatar"];
        post?: never;
        /** Have no avatar any more */
        delete: operations["accounts_remove_avatar"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an account. Signing in is a call of its own, `POST /auth/login` */
        post: operations["accounts_sign_up"];
        delete?: never;
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
    "/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own files, newest first */
        get: operations["dovetail_files_list_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/{file_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file that one may read */
        get: operations["dovetail_files_get_file"];
        put?: never;
        post?: never;
        /** Take a file out of everybody's sight. For a while it can be restored */
        delete: operations["dovetail_files_delete_file"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/{file_id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes of a file, for its `content_url` or for somebody who may read it */
        get: operations["dovetail_file_contents_get_file_content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/{file_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring back a file that was deleted a moment ago */
        post: operations["dovetail_files_restore_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own unfinished uploads, newest first; at most 100 */
        get: operations["dovetail_files_list_uploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/upload/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What has arrived of an upload, and fresh addresses for the rest */
        get: operations["dovetail_files_get_upload"];
        put?: never;
        post?: never;
        /** Call an upload off, and drop what has arrived. No error where it has gone already */
        delete: operations["dovetail_files_abort_upload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/upload/commit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a file of an upload that has arrived whole. Committing again gives the same file */
        post: operations["dovetail_files_commit_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/upload/presign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin an upload: signed addresses to `PUT` its parts to */
        post: operations["dovetail_files_presign_upload"];
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
        /** Author */
        Author: {
            avatar: components["schemas"]["Avatar"] | null;
            id: number;
            name: string;
        };
        /**
         * Avatar
         * @description What a `<picture>` is made of. Every picture is square.
         */
        Avatar: {
            /** @description The address of a JPEG. */
            fallback: string;
            /** @description The smallest format first. */
            sources: components["schemas"]["Source"][];
        };
        /** AvatarChoice */
        AvatarChoice: {
            /**
             * Format: uuid
             * @description A file of one's own, uploaded with the purpose `avatar`.
             */
            file_id: string;
        };
        /**
         * By
         * @description Who did it.
         */
        By: {
            id: number;
            name: string;
        };
        /** Comment */
        Comment: {
            author: components["schemas"]["Author"];
            /** Format: date-time */
            created_at: string;
            id: number;
            /** @description Whether whoever asks wrote it. */
            mine: boolean;
            text: string;
        };
        /** CommentIn */
        CommentIn: {
            text: string;
        };
        /** Page[Comment] */
        CommentPage: {
            items: components["schemas"]["Comment"][];
            /**
             * @description Give it back as `cursor` for the next page; null on the last.
             * @default null
             */
            next_cursor: string | null;
        };
        /**
         * CommitIn
         * @description An upload whose parts have all been sent.
         */
        CommitIn: {
            key: string;
            /**
             * @description Checksums of parts, in any order; what arrived is held to them.
             * @default null
             */
            parts?: components["schemas"]["PartSum"][] | null;
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
         * CsrfToken
         * @description The token for X-CSRF-Token.
         */
        CsrfToken: {
            csrf: string;
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
         * File
         * @description A file.
         */
        File: {
            content_type: string;
            /** @description Opens the content, without further credentials. */
            content_url: string;
            /** @description When that address stops; null where everybody may read the file. */
            content_url_expires_at: string | null;
            /** Format: date-time */
            created_at: string;
            id: string;
            name: string;
            purpose: string;
            /** @description Of the whole, hex, where it is known. */
            sha256: string | null;
            size: number;
        };
        /** Page[File] */
        FilePage: {
            items: components["schemas"]["File"][];
            /**
             * @description Give it back as `cursor` for the next page; null on the last.
             * @default null
             */
            next_cursor: string | null;
        };
        /** InvalidPlace */
        InvalidPlace: {
            /** @description What is wrong, for programs. */
            code: string;
            /** @description What is wrong, for people. */
            detail: string;
            /** @description JSON Pointer (RFC 6901): /body/title, /query/limit, /path/post_id. */
            pointer: string;
        };
        /** Likes */
        Likes: {
            /** @description Whether whoever asks is one of them. */
            liked: boolean;
            /** @description How many people like the post. */
            likes: number;
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
         * NotificationPage
         * @description One page of notifications, newest first, and how things are.
         */
        NotificationPage: {
            items: (components["schemas"]["PostLikedNotification"] | components["schemas"]["PostCommentedNotification"])[];
            /**
             * @description Give it back as `cursor` for the next page; null on the last.
             * @default null
             */
            next_cursor: string | null;
            /** @description The number of the newest notification; 0: there was none yet. */
            seq: number;
            /** @description How many of those that are kept are not read. */
            unread: number;
        };
        /**
         * Part
         * @description Where one part goes.
         */
        Part: {
            /** @description To be sent exactly so. */
            headers: {
                [key: string]: string;
            };
            number: number;
            /** @description Bytes; exactly so many are taken. */
            size: number;
            url: string;
        };
        /**
         * PartSum
         * @description What the client read of one part.
         */
        PartSum: {
            number: number;
            sha256: string;
        };
        /** PasswordChange */
        PasswordChange: {
            password: string;
        };
        /** Post */
        Post: {
            author: components["schemas"]["Author"];
            body: string;
            comments: number;
            /** Format: date-time */
            created_at: string;
            edited_at: string | null;
            id: number;
            /** @description Whether whoever asks likes it. */
            liked: boolean;
            likes: number;
            /** @description Whether whoever asks wrote it. */
            mine: boolean;
            title: string;
        };
        /** PostChange */
        PostChange: {
            /** @default null */
            body?: string | null;
            /** @default null */
            title?: string | null;
        };
        /**
         * PostCommented
         * @description Somebody commented on a post of yours.
         */
        PostCommented: {
            by: components["schemas"]["By"];
            comment_id: number;
            /** @description How the comment begins. */
            excerpt: string;
            post_id: number;
            title: string;
        };
        /**
         * PostCommentedNotification
         * @description Somebody commented on a post of yours.
         */
        PostCommentedNotification: {
            /** Format: date-time */
            created_at: string;
            data: components["schemas"]["PostCommented"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            event: "post-commented";
            /** @description When it was marked read; null: it was not. */
            read_at: string | null;
            /** @description Counts one person's notifications, without a gap, from 1. */
            seq: number;
        };
        /** PostIn */
        PostIn: {
            body: string;
            title: string;
        };
        /**
         * PostLiked
         * @description Somebody likes a post of yours.
         */
        PostLiked: {
            by: components["schemas"]["By"];
            post_id: number;
            title: string;
        };
        /**
         * PostLikedNotification
         * @description Somebody likes a post of yours.
         */
        PostLikedNotification: {
            /** Format: date-time */
            created_at: string;
            data: components["schemas"]["PostLiked"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            event: "post-liked";
            /** @description When it was marked read; null: it was not. */
            read_at: string | null;
            /** @description Counts one person's notifications, without a gap, from 1. */
            seq: number;
        };
        /** Page[Post] */
        PostPage: {
            items: components["schemas"]["Post"][];
            /**
             * @description Give it back as `cursor` for the next page; null on the last.
             * @default null
             */
            next_cursor: string | null;
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
        /** Profile */
        Profile: {
            avatar: components["schemas"]["Avatar"] | null;
            bio: string;
            email: string;
            /** @description Else one signs in by an outside provider only. */
            has_password: boolean;
            id: number;
            /** Format: date-time */
            joined_at: string;
            name: string;
        };
        /** ProfileChange */
        ProfileChange: {
            /** @default null */
            bio?: string | null;
            /** @default null */
            name?: string | null;
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
         * ReadUpTo
         * @description Up to where a person has read.
         */
        ReadUpTo: {
            /** @description The number of the last one to mark. */
            up_to: number;
        };
        /**
         * Session
         * @description Who is signed in, if anybody is.
         */
        Session: {
            login: components["schemas"]["Login"] | null;
        };
        /** SignUp */
        SignUp: {
            email: string;
            name: string;
            password: string;
        };
        /** Source */
        Source: {
            srcset: string;
            type: string;
        };
        /**
         * Standing
         * @description How things are for whoever asks.
         */
        Standing: {
            /** @description The number of the newest notification; 0: there was none yet. */
            seq: number;
            /** @description How many of those that are kept are not read. */
            unread: number;
        };
        /**
         * Ticket
         * @description An upload under way: what has arrived, and signed addresses for the rest.
         */
        Ticket: {
            /** @description The numbers of the parts that are there. */
            arrived: number[];
            content_type: string;
            /**
             * Format: date-time
             * @description When the upload is forgotten unless committed.
             */
            expires_at: string;
            /** @description To be sent with `url`, exactly so. */
            headers: {
                [key: string]: string;
            } | null;
            key: string;
            /**
             * @default PUT
             * @constant
             */
            method: "PUT";
            name: string;
            part_count: number;
            /** @description Bytes of every part but the last. */
            part_size: number;
            /** @description Those that are not: the first 100 of them; GET tells the next. */
            parts: components["schemas"]["Part"][];
            purpose: string;
            size: number;
            /** @description Where a file of one part goes, as in `parts`; else, or once it is there, null. */
            url: string | null;
            /** Format: date-time */
            urls_expire_at: string;
        };
        /**
         * Upload
         * @description An upload that has not been finished.
         */
        Upload: {
            content_type: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            fingerprint: string | null;
            key: string;
            name: string;
            purpose: string;
            size: number;
        };
        /**
         * UploadIn
         * @description A file that somebody wants to upload.
         */
        UploadIn: {
            /** @description Such as image/png; application/octet-stream if not known. */
            content_type: string;
            /**
             * @description The client's own mark, to find this upload again by.
             * @default null
             */
            fingerprint?: string | null;
            /** @description 1 to 255 characters of any script, without control characters, / and \. */
            name: string;
            /**
             * @description What it is for; by default what the app names first.
             * @default null
             */
            purpose?: string | null;
            /**
             * @description Of the whole, hex; what arrives is held to it.
             * @default null
             */
            sha256?: string | null;
            /** @description Bytes. */
            size: number;
        };
        /**
         * Uploads
         * @description One's unfinished uploads, newest first.
         */
        Uploads: {
            items: components["schemas"]["Upload"][];
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
    comments_delete_comment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                comment_id: number;
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    dovetail_csrf_csrf_token: {
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
                    "application/json": components["schemas"]["CsrfToken"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
        };
    };
    dovetail_auth_me: {
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
                    "application/json": components["schemas"]["Login"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
        };
    };
    dovetail_notifications_list_notifications: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; absent for the first page. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Only those that are not read. */
                unread?: boolean;
            };
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
                    "application/json": components["schemas"]["NotificationPage"];
                };
            };
            /**
             * @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values
             *     - `INVALID_CURSOR`: The page cursor is not one that this server made
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE" | "INVALID_CURSOR";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
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
        };
    };
    dovetail_notifications_mark_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                seq: number;
            };
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
                    "application/json": components["schemas"]["Standing"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    dovetail_notifications_mark_all_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadUpTo"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Standing"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
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
        };
    };
    dovetail_notifications_read_unread: {
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
                    "application/json": components["schemas"]["Standing"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
        };
    };
    accounts_change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `REAUTHENTICATION_REQUIRED`: A more recent sign-in is required
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "REAUTHENTICATION_REQUIRED" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
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
    posts_list_posts: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; absent for the first page. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
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
                    "application/json": components["schemas"]["PostPage"];
                };
            };
            /** @description - `INVALID_CURSOR`: The page cursor is not one that this server made */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_CURSOR";
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
        };
    };
    posts_create_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
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
            /**
             * @description - `TOO_MANY_POSTS`: Too many posts today
             *     - `TOO_MANY_REQUESTS`: Too many requests
             */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "TOO_MANY_POSTS" | "TOO_MANY_REQUESTS";
                    };
                };
            };
        };
    };
    posts_read_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                post_id: number;
            };
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
                    "application/json": components["schemas"]["Post"];
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    posts_delete_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                post_id: number;
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    posts_change_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                post_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    comments_list_comments: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; absent for the first page. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path: {
                post_id: number;
            };
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
                    "application/json": components["schemas"]["CommentPage"];
                };
            };
            /** @description - `INVALID_CURSOR`: The page cursor is not one that this server made */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_CURSOR";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    comments_create_comment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                post_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommentIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comment"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
            /**
             * @description - `TOO_MANY_COMMENTS`: Too many comments today
             *     - `TOO_MANY_REQUESTS`: Too many requests
             */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "TOO_MANY_COMMENTS" | "TOO_MANY_REQUESTS";
                    };
                };
            };
        };
    };
    likes_like_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                post_id: number;
            };
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
                    "application/json": components["schemas"]["Likes"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    likes_unlike_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                post_id: number;
            };
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
                    "application/json": components["schemas"]["Likes"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `INSUFFICIENT_SCOPE`: The login lacks a required scope
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "INSUFFICIENT_SCOPE" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    accounts_read_profile: {
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
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
        };
    };
    accounts_change_profile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
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
        };
    };
    accounts_choose_avatar: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AvatarChoice"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
            /**
             * @description - `FILE_REJECTED`: The file was not accepted
             *     - `VALIDATION_FAILED`: The request does not match the contract
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "FILE_REJECTED";
                    }) | components["schemas"]["ValidationProblem"];
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
            /** @description - `STORAGE_FULL`: The storage is full */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "STORAGE_FULL";
                    };
                };
            };
        };
    };
    accounts_remove_avatar: {
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
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
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
        };
    };
    accounts_sign_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUp"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
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
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `EMAIL_TAKEN`: This email has an account already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "EMAIL_TAKEN";
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
            /** @description - `INVALID_CREDENTIALS`: The credentials do not match an account */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_CREDENTIALS";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    dovetail_files_list_files: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; absent for the first page. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                purpose?: string | null;
            };
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
                    "application/json": components["schemas"]["FilePage"];
                };
            };
            /**
             * @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values
             *     - `INVALID_CURSOR`: The page cursor is not one that this server made
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE" | "INVALID_CURSOR";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
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
        };
    };
    dovetail_files_get_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
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
                    "application/json": components["schemas"]["File"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    dovetail_files_delete_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    dovetail_file_contents_get_file_content: {
        parameters: {
            query?: {
                /** @description To be saved, not shown. */
                download?: boolean;
                expires?: number | null;
                granted?: boolean;
                login?: string;
                signature?: string;
                subject?: string;
            };
            header?: never;
            path: {
                file_id: string;
            };
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
                    "*/*": unknown;
                };
            };
            /** @description Partial Content */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description Found */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
                    };
                };
            };
            /** @description - `PRECONDITION_FAILED`: A precondition failed */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "PRECONDITION_FAILED";
                    };
                };
            };
            /** @description - `RANGE_NOT_SATISFIABLE`: The range cannot be satisfied */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "RANGE_NOT_SATISFIABLE";
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
    dovetail_files_restore_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
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
                    "application/json": components["schemas"]["File"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
        };
    };
    dovetail_files_list_uploads: {
        parameters: {
            query?: {
                fingerprint?: string | null;
            };
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
                    "application/json": components["schemas"]["Uploads"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
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
        };
    };
    dovetail_files_get_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
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
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
                    };
                };
            };
            /** @description - `UPLOAD_EXPIRED`: The upload was not finished in time */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "UPLOAD_EXPIRED";
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
    dovetail_files_abort_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
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
            /** @description - `AMBIGUOUS_COOKIE`: The same cookie was sent twice with different values */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "AMBIGUOUS_COOKIE";
                    };
                };
            };
            /**
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
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
    dovetail_files_commit_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommitIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
                    };
                };
            };
            /**
             * @description - `QUOTA_EXCEEDED`: There is no room left for this file
             *     - `UPLOAD_INCOMPLETE`: Parts of the upload have not arrived
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "QUOTA_EXCEEDED" | "UPLOAD_INCOMPLETE";
                    };
                };
            };
            /** @description - `UPLOAD_EXPIRED`: The upload was not finished in time */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "UPLOAD_EXPIRED";
                    };
                };
            };
            /**
             * @description - `FILE_TOO_LARGE`: The file is larger than allowed
             *     - `PAYLOAD_TOO_LARGE`: The request body is too large
             */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "FILE_TOO_LARGE" | "PAYLOAD_TOO_LARGE";
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
            /**
             * @description - `CHECKSUM_MISMATCH`: The content does not have the announced checksum
             *     - `FILE_REJECTED`: The file was not accepted
             *     - `FILE_TYPE_MISMATCH`: The content is not of the declared type
             *     - `FILE_TYPE_NOT_ALLOWED`: Files of this type are not accepted
             *     - `PART_SIZE_MISMATCH`: The part does not have the announced size
             *     - `VALIDATION_FAILED`: The request does not match the contract
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CHECKSUM_MISMATCH" | "FILE_REJECTED" | "FILE_TYPE_MISMATCH" | "FILE_TYPE_NOT_ALLOWED" | "PART_SIZE_MISMATCH";
                    }) | components["schemas"]["ValidationProblem"];
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
            /** @description - `STORAGE_FULL`: The storage is full */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "STORAGE_FULL";
                    };
                };
            };
        };
    };
    dovetail_files_presign_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
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
             * @description - `INVALID_TOKEN`: The access token is not valid
             *     - `SESSION_EXPIRED`: The login has ended
             *     - `TOKEN_EXPIRED`: The access token has expired
             *     - `UNAUTHENTICATED`: Signing in is required
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
                    };
                };
            };
            /**
             * @description - `CSRF_FAILED`: The CSRF token is missing or belongs to another login
             *     - `FORBIDDEN`: Not allowed
             *     - `ORIGIN_NOT_ALLOWED`: Requests from this origin are not allowed
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "CSRF_FAILED" | "FORBIDDEN" | "ORIGIN_NOT_ALLOWED";
                    };
                };
            };
            /** @description - `NOT_FOUND`: Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "NOT_FOUND";
                    };
                };
            };
            /** @description - `QUOTA_EXCEEDED`: There is no room left for this file */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "QUOTA_EXCEEDED";
                    };
                };
            };
            /**
             * @description - `FILE_TOO_LARGE`: The file is larger than allowed
             *     - `PAYLOAD_TOO_LARGE`: The request body is too large
             */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "FILE_TOO_LARGE" | "PAYLOAD_TOO_LARGE";
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
            /**
             * @description - `FILE_TYPE_NOT_ALLOWED`: Files of this type are not accepted
             *     - `VALIDATION_FAILED`: The request does not match the contract
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "FILE_TYPE_NOT_ALLOWED";
                    }) | components["schemas"]["ValidationProblem"];
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
            /** @description - `STORAGE_FULL`: The storage is full */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {string} */
                        code?: "STORAGE_FULL";
                    };
                };
            };
        };
    };
}
