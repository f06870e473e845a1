import { expect, test } from "vitest";
import { returnPathOf, signInPath } from "./return-path";

const site = "https://app.example.com";

function comingBackTo(asked: string): string {
  return returnPathOf(`${site}/sign-in?${new URLSearchParams({ next: asked })}`);
}

test.each(["/profile", "/posts/3/edit", "/posts/new?draft=1#text", "/글"])(
  "a page of this site is returned to: %s",
  (path) => {
    expect(decodeURI(comingBackTo(path))).toBe(path);
  },
);

test.each([
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example/",
  "/\t/evil.example/",
  "/.//evil.example/",
  "/%2e//evil.example/",
  "javascript:alert(1)",
  "profile",
  "",
])("anything that would leave the site leads home: %j", (path) => {
  expect(comingBackTo(path)).toBe("/");
});

test.each(["/sign-in", "/sign-up?next=/sign-in"])("no circles: %s", (path) => {
  expect(comingBackTo(path)).toBe("/");
});

test("the address of the sign-in page carries the path, and home needs none", () => {
  expect(returnPathOf(site + signInPath("/posts/3?a=1&b=2#c"))).toBe("/posts/3?a=1&b=2#c");
  expect(signInPath("/")).toBe("/sign-in");
});
