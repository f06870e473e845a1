/** Notifications over HTTP while no socket can be opened: some networks let no WebSocket through. */
import { backoff } from "../../core/backoff.js";
import type { Outside } from "../../core/outside.js";
import { singleFlight } from "../../core/single-flight.js";
import {
  isStoredNotification,
  isSummary,
  type NotificationSummary,
  type StoredNotification,
} from "../state.js";
import { REALTIME_ACK_TIMEOUT_MS } from "../wire.js";

/** Shorter breaks are left to the connection, which repeats what was missed. */
const PAUSE_MIN_MS = 6000;

/** The pause between two questions grows while there is no news, up to a minute. */
const LIMITS = { baseMs: 6000, maxMs: 54_000 };

const PATH = "/api/notifications";

/** The newest notifications, as the server lists them. */
export interface NotificationPage {
  /** Oldest first. */
  items: StoredNotification[];
  summary: NotificationSummary;
  /** Whether there are older ones. */
  hasMore: boolean;
}

/** The dependencies of the fallback. */
export interface HttpFallbackOptions {
  baseUrl: string;
  outside: Outside;
  accessToken(): Promise<string | null>;
  /** Returns the connection that is missing; `null`: none is. A page that was asked for another one is dropped. */
  missing(): object | null;
  /** @returns whether there was news. */
  take(page: NotificationPage): boolean;
}

/**
 * Make a function that asks for notifications from time to time, until the connection is no longer missing.
 *
 * A tab that is hidden does not ask.
 *
 * @param signal ends it.
 */
export function createHttpFallback(
  { baseUrl, outside, accessToken, missing, take }: HttpFallbackOptions,
  signal: AbortSignal,
): () => Promise<void> {
  async function ask(ending: AbortSignal): Promise<NotificationPage | null> {
    const token = await accessToken();
    const request = new Request(baseUrl + PATH, {
      credentials: "include",
      headers: { Accept: "application/json" },
      redirect: "error",
      signal: ending,
    });
    if (token !== null) {
      request.headers.set("Authorization", `Bearer ${token}`);
    }
    const response = await outside.fetch(request);
    const body = response.ok ? await response.json() : null;
    if (!isSummary(body)) {
      return null;
    }
    const { items, next_cursor } = body as { items?: unknown; next_cursor?: unknown };
    return {
      items: Array.isArray(items) ? items.filter(isStoredNotification).toReversed() : [],
      summary: body,
      hasMore: typeof next_cursor === "string",
    };
  }

  /** Asks, for no longer than an event would be waited for. */
  async function askInTime(): Promise<NotificationPage | null> {
    const ending = new AbortController();
    const tooLate = outside.sleep(REALTIME_ACK_TIMEOUT_MS, ending.signal).then(
      () => null,
      () => null,
    );
    try {
      return await Promise.race([ask(ending.signal).catch(() => null), tooLate]);
    } finally {
      ending.abort();
    }
  }

  return singleFlight(async () => {
    for (let quiet = 0; missing() && !signal.aborted; quiet++) {
      await outside
        .sleep(PAUSE_MIN_MS + backoff(quiet, LIMITS, outside.random()), signal)
        .catch(() => {});
      const connection = missing();
      if (connection && !signal.aborted && globalThis.document?.visibilityState !== "hidden") {
        const page = await askInTime();
        if (page && missing() === connection && take(page)) {
          quiet = -1;
        }
      }
    }
  });
}
