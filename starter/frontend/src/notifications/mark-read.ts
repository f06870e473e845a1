/** Marking as read: shown at once, here and in every other tab. */

import { unwrap } from "flask-dovetail";
import { changeRead } from "../api/change-read";
import { dovetail, type Notification } from "../api/client";
import { queryClient } from "../api/query-client";
import { withLogin } from "../sign-in/sign-in-again";
import { showRead } from "./known-notifications";
import { notificationsKey, unreadQuery } from "./unread-query";

export async function markRead({ seq, read_at }: Notification): Promise<void> {
  if (read_at === null) {
    const takeBack = showRead((one) => one.seq === seq);
    showUnread((unread) => unread - 1);
    const address = { params: { path: { seq } } };
    // When it fails, it is simply not read yet.
    await confirmed(takeBack, async () =>
      unwrap(await dovetail.own.POST("/api/notifications/{seq}/read", address)),
    ).catch(() => {});
  }
}

/** @throws what the server, or the way to it, refused it with. */
export async function markAllRead(upTo: number): Promise<void> {
  const takeBack = showRead(({ seq }) => seq <= upTo);
  showUnread(() => 0);
  const body = { up_to: upTo };
  await confirmed(takeBack, async () =>
    unwrap(await dovetail.own.POST("/api/notifications/read", { body })),
  );
}

async function confirmed(
  takeBack: () => void,
  mark: () => Promise<{ unread: number }>,
): Promise<void> {
  try {
    const { unread } = await withLogin(mark);
    changeRead(unreadQuery, () => unread);
  } catch (error) {
    takeBack();
    void queryClient.invalidateQueries({ queryKey: notificationsKey });
    throw error;
  }
}

function showUnread(change: (unread: number) => number): void {
  queryClient.setQueryData(unreadQuery.queryKey, (unread) => unread && Math.max(0, change(unread)));
}
