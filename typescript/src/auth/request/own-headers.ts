import { HEADERS_REQUESTED_WITH, HEADERS_REQUESTED_WITH_VALUE } from "../../core/wire/headers.js";

/** Headers that another site cannot make the browser send. They prove an own request where there is no CSRF token. */
export const OWN_HEADERS = { [HEADERS_REQUESTED_WITH]: HEADERS_REQUESTED_WITH_VALUE };
