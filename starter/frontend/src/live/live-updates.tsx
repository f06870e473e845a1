import { useEffect } from "react";
import { queryClient } from "../api/query-client";
import { notificationsKey } from "../notifications/unread-query";
import { useMe } from "../sign-in/me";

/** Keeps the screens up to date while somebody is signed in. Its code comes after the first screen. */
export function LiveUpdates() {
  const subject = useMe()?.login.subject;

  useEffect(() => {
    if (subject === undefined) {
      return;
    }
    const following = import("./follow")
      .then(({ followLive }) => followLive(subject))
      .catch(() => () => {}); // it did not arrive: the screens are as they are without it
    return () => {
      void following.then((stop) => stop());
      queryClient.removeQueries({ queryKey: notificationsKey });
    };
  }, [subject]);

  return null;
}
