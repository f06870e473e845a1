/** Who else is at a post, and what they do there. None of it is stored. */

import { useEffect, useRef, useState } from "react";
import { dovetail, type Person } from "../api/client";
import { queryClient } from "../api/query-client";
import { firstRead, readAgain } from "../api/read-again";
import { postQuery } from "../posts/post-query";
import { useMe } from "../sign-in/me";
import { commentsQuery } from "./comments-query";
import { knownComments } from "./known-comments";

/** Somebody who writes says so again after `againMs`; not heard of for `writingMs`, they do not write. */
const againMs = 3000;
const writingMs = 6000;

export interface PostRoom {
  /** Those who read the post, without oneself. */
  readers: readonly Person[];
  /** How many more there are than these. */
  moreReaders: number;
  /** Those who write a comment. */
  writers: readonly Person[];
  /** Who wrote the comments that have come last, and the how many-th time that is. */
  arrived: { authors: readonly Person[]; times: number };
  /** Tells the others that one writes. */
  tellWriting: () => void;
}

/** Empty for visitors. */
export function usePostRoom(postId: number): PostRoom {
  const subject = useMe()?.login.subject;
  const [present, setPresent] = useState<{ people: readonly Person[]; count: number }>(nobody);
  const [writers, setWriters] = useState<readonly Person[]>([]);
  const [arrived, setArrived] = useState<PostRoom["arrived"]>(nothing);
  const toldAt = useRef(0);

  useEffect(() => {
    if (subject === undefined) {
      return;
    }
    const live = dovetail.realtime.of("/live");
    const timers = new Map<number, ReturnType<typeof setTimeout>>();

    async function readNew() {
      await firstRead(commentsQuery(postId)); // what that brings is not news
      const wasRead = queryClient.getQueryData(commentsQuery(postId).queryKey) !== undefined;
      const known = new Set(knownComments(postId).map(({ id }) => id));
      await queryClient.invalidateQueries(commentsQuery(postId));
      const others = knownComments(postId).filter(({ id, mine }) => !mine && !known.has(id));
      if (wasRead && others.length > 0) {
        const authors = others.map(({ author }) => author);
        setArrived(({ times }) => ({ authors, times: times + 1 }));
      }
    }

    const stopped = (id: number) => {
      clearTimeout(timers.get(id));
      timers.delete(id);
      setWriters((before) => before.filter((person) => person.id !== id));
    };

    const ends = [
      live.on("typing", ({ post_id, by }) => {
        if (post_id === postId && String(by.id) !== subject) {
          clearTimeout(timers.get(by.id));
          timers.set(by.id, setTimeout(stopped, writingMs, by.id));
          setWriters((before) =>
            before.some(({ id }) => id === by.id) ? before : [...before, by],
          );
        }
      }),
      live.on("comment-added", ({ post_id }) => {
        if (post_id === postId) {
          [...timers.keys()].forEach(stopped); // who goes on writing says so
          void readNew();
        }
      }),
      live.join(`post:${postId}`, {
        onJoined() {
          // What was said since the page was read, or since the connection broke, does not come by itself.
          void readAgain(postQuery(postId));
          void readNew();
        },
        onPeople: (people, count) => setPresent({ people, count }),
      }),
    ];
    return () => {
      for (const end of ends) {
        end();
      }
      timers.forEach(clearTimeout);
      setPresent(nobody);
      setWriters([]);
      setArrived(nothing);
    };
  }, [subject, postId]);

  function tellWriting() {
    const live = dovetail.realtime.of("/live");
    if (live.status.state === "open" && Date.now() - toldAt.current > againMs) {
      toldAt.current = Date.now();
      live.emit("typing", { post_id: postId }).catch(() => {}); // nobody misses it
    }
  }

  const readers = present.people.filter(({ id }) => String(id) !== subject);
  return {
    readers,
    moreReaders: present.count - present.people.length,
    writers,
    arrived,
    tellWriting,
  };
}

const nobody = { people: [], count: 0 };
const nothing = { authors: [], times: 0 };
