/** Dovetail's own paths of a document, wherever they have been moved. */
import { expectTypeOf, test } from "vitest";
import type { OwnPaths } from "../../src/index.js";

interface AtTheRoot {
  "/api/csrf-token": 1;
  "/api/me": 2;
  "/api/notifications": 3;
  "/api/notifications/{seq}/read": 4;
  "/api/posts": 5;
  "/auth/login": 6;
  "/files": 7;
  "/files/{file_id}": 8;
  "/filesystem": 9;
}

interface Moved {
  "/api/csrf-token": "theirs";
  "/files": "theirs";
  "/posts": "theirs";
  "/_dovetail/api/csrf-token": 1;
  "/_dovetail/files": 7;
  "/_dovetail/files/{file_id}": 8;
}

test("are those of Dovetail's names at the root", () => {
  expectTypeOf<OwnPaths<AtTheRoot>>().toEqualTypeOf<
    Omit<AtTheRoot, "/api/posts" | "/filesystem">
  >();
});

test("have their names without the prefix, and the app's of the same names are others", () => {
  expectTypeOf<OwnPaths<Moved>>().toEqualTypeOf<{
    "/api/csrf-token": 1;
    "/files": 7;
    "/files/{file_id}": 8;
  }>();
});

test("are none in a document of another backend", () => {
  expectTypeOf<OwnPaths<{ "/pets": 1 }>>().toEqualTypeOf<{}>();
});
