/** The one way to the backend, typed by its contract. */

import { createDovetail } from "flask-dovetail";
import type { components, paths } from "./schema";
import type { sockets } from "./sockets";

export const dovetail = createDovetail<paths, sockets>();

export type Author = components["schemas"]["Author"];
export type Comment = components["schemas"]["Comment"];
export type Notification = components["schemas"]["NotificationPage"]["items"][number];
/** Somebody whom an event names. */
export type Person = components["schemas"]["By"];
export type Post = components["schemas"]["Post"];
export type Profile = components["schemas"]["Profile"];
export type UnfinishedUpload = components["schemas"]["Upload"];
