/** Says what somebody has just been notified of: in one message, however much it is. */

import i18next from "i18next";
import type { Notification } from "../api/client";
import { markRead } from "../notifications/mark-read";
import { notificationPath, notificationText } from "../notifications/notification-text";
import { notificationsPath } from "../notifications/notifications-query";
import { router } from "../routes";
import { withoutBase } from "../shell/base";
import { dismiss, isInUse, isShown, toast } from "../ui/toast";

/** What comes within it is told together. */
const togetherMs = 800;

export interface NotificationToasts {
  tell(notification: Notification): void;
  stop(): void;
}

export function createNotificationToasts(): NotificationToasts {
  let untold: Notification[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Those on the screen, the last one last. */
  let messages: { id: number; told: Notification[] }[] = [];
  let here = pathNow();

  // Whoever goes where it leads need not be sent there any more.
  const forget = router.subscribe(({ location: { pathname } }) => {
    for (const { id, told } of messages) {
      if (pathname !== here && told.every((one) => isAt(one, pathname))) {
        dismiss(id);
      }
    }
    here = pathname;
  });

  function tellAll() {
    timer = undefined;
    messages = messages.filter(({ id }) => isShown(id));
    // With what is on the screen still, unless somebody is about to press it.
    const merged = messages.filter(({ id }) => !isInUse(id));
    const told = [...merged.flatMap((message) => message.told), ...untold];
    untold = [];
    for (const { id } of merged) {
      dismiss(id);
    }
    messages.push({ id: say(told), told });
  }

  return {
    tell(notification) {
      if (isNews(notification)) {
        untold.push(notification);
        timer ??= setTimeout(tellAll, togetherMs);
      }
    },
    stop() {
      clearTimeout(timer);
      forget();
      for (const { id } of messages) {
        dismiss(id);
      }
    },
  };
}

/** Not read on another device, told by the tab that is looked at, and not announced by the screen itself. */
function isNews(notification: Notification): boolean {
  const { event, data, read_at } = notification;
  const isAnnounced = event === "post-commented" && pathNow() === `/posts/${data.post_id}`;
  return read_at === null && document.visibilityState === "visible" && !isAnnounced;
}

function isAt({ data }: Notification, path: string): boolean {
  return path === notificationsPath || path === `/posts/${data.post_id}`;
}

function pathNow(): string {
  return withoutBase(router.state.location.pathname);
}

/** @returns the id of the message. */
function say(told: readonly Notification[]): number {
  const { t } = i18next;
  const [only] = told;
  if (!only || told.length > 1) {
    return toast(t("notifications.several", { count: told.length }), {
      label: t("notifications.show"),
      run: () => void router.navigate(notificationsPath),
    });
  }
  return toast(notificationText(only), {
    label: t("notifications.open"),
    run: () => {
      void markRead(only);
      void router.navigate(notificationPath(only));
    },
  });
}
