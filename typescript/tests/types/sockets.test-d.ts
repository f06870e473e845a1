/** The types that a page gets from an AsyncAPI document. Compiled, never run. */
import { expectTypeOf } from "vitest";
import { createDovetail, type Problem, type RealtimeStatus } from "../../src/index.js";
import type { components, sockets } from "../codegen/expected/sockets.js";
import type { paths } from "../support/paths.js";

type Schemas = components["schemas"];

const { realtime } = createDovetail<paths, sockets>();

// a notification is the whole object, typed by its event
const stop = realtime.on("post-liked", ({ seq, data }) => {
  expectTypeOf(seq).toEqualTypeOf<number>();
  expectTypeOf(data).toEqualTypeOf<Schemas["PostLiked"]>();
});
expectTypeOf(stop).toEqualTypeOf<() => void>();
// @ts-expect-error: no such event
realtime.on("post-like", () => {});
// @ts-expect-error: an event of another namespace
realtime.on("typing", () => {});

// onNotification gets a union, which `event` narrows
realtime.onNotification((notification) => {
  if (notification.event === "post-commented") {
    expectTypeOf(notification.data).toEqualTypeOf<Schemas["PostCommented"]>();
  }
});
realtime.onStale(() => {});
realtime.onUnread((count, seq) => {
  expectTypeOf(count).toEqualTypeOf<number>();
  expectTypeOf(seq).toEqualTypeOf<number>();
});
// @ts-expect-error: notifications are sent with the server's notify()
void realtime.emit("post-liked");

// another namespace passes the payload itself
const live = realtime.of("/live");
live.on("typing", (payload) => {
  expectTypeOf(payload).toEqualTypeOf<Schemas["Typing"]>();
});
// @ts-expect-error: no such namespace
realtime.of("/lives");

// bodies and acknowledgements are typed; data and problem exclude each other
const typed = await live.emit("typing", { post_id: 7 });
if (typed.problem) {
  expectTypeOf(typed.data).toEqualTypeOf<undefined>();
  expectTypeOf<"POST_CLOSED">().toExtend<typeof typed.problem.code>();
  expectTypeOf<"SESSION_EXPIRED">().toExtend<typeof typed.problem.code>();
  // @ts-expect-error: the contract declares no such code
  void (typed.problem.code === "POST_OPEN");
} else {
  expectTypeOf(typed.data).toEqualTypeOf<null>();
}
const { data } = await live.emit("whoami");
expectTypeOf(data).toEqualTypeOf<Schemas["Person"] | undefined>();
// @ts-expect-error: it takes nothing
void live.emit("whoami", {});
// @ts-expect-error: the body is required
void live.emit("typing");
// @ts-expect-error: the body has another type
void live.emit("typing", { post_id: "7" });
// @ts-expect-error: no such event
void live.emit("typings", { post_id: 7 });

// rooms have a kind and a key
const id = 7 as number;
live.join(`post:${id}`, {
  onJoined() {},
  onPeople(people, count) {
    expectTypeOf(people).toEqualTypeOf<Schemas["Person"][]>();
    expectTypeOf(count).toEqualTypeOf<number>();
  },
  onProblem(problem) {
    expectTypeOf(problem).toExtend<Problem>();
    expectTypeOf<"OFF_DUTY">().toExtend<typeof problem.code>();
    // @ts-expect-error: the contract declares no such code
    void (problem.code === "ON_DUTY");
  },
});
live.join("topic:joints", {
  onPeople(people) {
    expectTypeOf(people).toEqualTypeOf<never[]>();
  },
});
// @ts-expect-error: no such kind of room
live.join("posts:7");
// @ts-expect-error: a key is missing
live.join("post");

// `state` narrows the status
const status = live.status;
expectTypeOf(status).toEqualTypeOf<RealtimeStatus>();
if (status.state === "waiting") {
  expectTypeOf(status.nextAttempt).toEqualTypeOf<number>();
} else if (status.state === "refused") {
  expectTypeOf(status.problem).toEqualTypeOf<Problem>();
}

// a client without a contract has no events, and no other namespace
// @ts-expect-error: no such event
createDovetail<paths>().realtime.on("post-liked", () => {});
// @ts-expect-error: no such namespace
createDovetail<paths>().realtime.of("/live");
