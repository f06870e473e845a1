/** The one way to the backend, typed by its contract. */

import { createDovetail } from "flask-dovetail";
import type { components, paths } from "./schema";

export const dovetail = createDovetail<paths>();

export type Author = components["schemas"]["Author"];
export type Post = components["schemas"]["Post"];
export type Profile = components["schemas"]["Profile"];
export type UnfinishedUpload = components["schemas"]["Upload"];
