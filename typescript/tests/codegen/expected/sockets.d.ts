// Generated from asyncapi.json by `flask-dovetail types`. Do not edit.

export interface sockets {
    "/live": {
        emit: {
            /** @description I am writing a comment. */
            typing: {
                body: components["schemas"]["TypingIn"];
                data: null;
                /** @enum {string} */
                problems: "NOT_FOUND" | "POST_CLOSED";
            };
            /** @description Who am I here? */
            whoami: {
                body: null;
                data: components["schemas"]["Person"];
                problems: never;
            };
        };
        on: {
            /** @description Somebody writes a comment. */
            typing: components["schemas"]["Typing"];
        };
        rooms: {
            post: {
                people: components["schemas"]["Person"];
                /** @enum {string} */
                problems: "NOT_FOUND" | "OFF_DUTY";
            };
            topic: {
                people: never;
                problems: never;
            };
        };
    };
    "/notify": {
        emit: {};
        on: {
            "post-commented": components["schemas"]["PostCommentedNotification"];
            /** @description Somebody likes a post of yours. */
            "post-liked": components["schemas"]["PostLikedNotification"];
        };
        rooms: {};
    };
}
export interface components {
    schemas: {
        Person: {
            name: string;
        };
        PostCommented: {
            post_id: number;
            text: string;
        };
        PostCommentedNotification: {
            /** Format: date-time */
            created_at: string;
            data: components["schemas"]["PostCommented"];
            /** @constant */
            event: "post-commented";
            read_at: string | null;
            seq: number;
        };
        /** @description Somebody likes a post of yours. */
        PostLiked: {
            by: string;
            post_id: number;
        };
        PostLikedNotification: {
            /** Format: date-time */
            created_at: string;
            data: components["schemas"]["PostLiked"];
            /** @constant */
            event: "post-liked";
            read_at: string | null;
            /** @description Counts one person's notifications, from 1. */
            seq: number;
        };
        Typing: {
            by: string;
            post_id: number;
        };
        TypingIn: {
            post_id: number;
        };
    };
}
