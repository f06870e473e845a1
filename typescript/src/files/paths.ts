// Generated from files.json by `flask-dovetail types`. Do not edit.

export interface paths {
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
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
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
        };
    };
}
