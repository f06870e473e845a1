// Generated from asyncapi.json by `flask-dovetail types`. Do not edit.

export interface sockets {
    "/live": {
        emit: {
            /** @description I am writing a comment on a post that I watch */
            typing: {
                body: components["schemas"]["TypingIn"];
                data: null;
                /** @enum {string} */
                problems: "AMBIGUOUS_COOKIE" | "FORBIDDEN" | "INSUFFICIENT_SCOPE" | "INVALID_TOKEN" | "SESSION_EXPIRED" | "TOKEN_EXPIRED" | "UNAUTHENTICATED";
            };
        };
        on: {
            /** @description Somebody commented on a post that you look at. */
            "comment-added": components["schemas"]["CommentAdded"];
            /** @description A post that you look at has other numbers. */
            "post-changed": components["schemas"]["PostChanged"];
            /** @description There is a new post at the top of the feed. */
            "post-published": components["schemas"]["PostPublished"];
            /** @description Somebody writes a comment on a post that you look at. */
            typing: components["schemas"]["Typing"];
        };
        rooms: {
            post: {
                people: components["schemas"]["By"];
                /** @enum {string} */
                problems: "NOT_FOUND";
            };
        };
    };
    "/notify": {
        emit: {};
        on: {
            /** @description Somebody commented on a post of yours. */
            "post-commented": components["schemas"]["PostCommentedNotification"];
            /** @description Somebody likes a post of yours. */
            "post-liked": components["schemas"]["PostLikedNotification"];
        };
        rooms: {};
    };
}
export interface components {
    schemas: {
        /**
         * By
         * @description Who did it.
         */
        By: {
            id: number;
            name: string;
        };
        /**
         * CommentAdded
         * @description Somebody commented on a post that you look at.
         */
        CommentAdded: {
            comment_id: number;
            post_id: number;
        };
        /**
         * PostChanged
         * @description A post that you look at has other numbers.
         */
        PostChanged: {
            comments: number;
            likes: number;
            post_id: number;
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
            /** @constant */
            event: "post-commented";
            /** @description When it was marked read; null: it was not. */
            read_at: string | null;
            /** @description Counts one person's notifications, without a gap, from 1. */
            seq: number;
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
            /** @constant */
            event: "post-liked";
            /** @description When it was marked read; null: it was not. */
            read_at: string | null;
            /** @description Counts one person's notifications, without a gap, from 1. */
            seq: number;
        };
        /**
         * PostPublished
         * @description There is a new post at the top of the feed.
         */
        PostPublished: {
            author_id: number;
            post_id: number;
        };
        /**
         * Typing
         * @description Somebody writes a comment on a post that you look at.
         */
        Typing: {
            by: components["schemas"]["By"];
            post_id: number;
        };
        /** TypingIn */
        TypingIn: {
            post_id: number;
        };
    };
}
