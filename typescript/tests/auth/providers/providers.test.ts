import { expect, test } from "vitest";
import { openSignedIn } from "../../support/browser.js";
import { problem } from "../../support/server.js";

async function open() {
  const went: string[] = [];
  const opened = await openSignedIn({ outside: { navigate: (url) => void went.push(url) } });
  return { ...opened, went };
}

test("a page lists the providers, and leaves for the address that the server gives", async () => {
  const { backend, tab, went } = await open();
  const { data } = await tab.auth.providers();
  expect(data).toEqual([
    { name: "example", title: "Example", url: `${backend.origin}/auth/providers/example/start` },
  ]);
  const [provider = expect.fail("none")] = data ?? [];
  tab.auth.signInWith(provider, { next: "/posts?tag=oak&page=2" });

  expect(went).toEqual([
    `${backend.origin}/auth/providers/example/start?next=%2Fposts%3Ftag%3Doak%26page%3D2`,
  ]);
});

test("a provider's name is enough, and `next` may be left out", async () => {
  const { backend, tab, went, takePaths } = await open();
  tab.auth.signInWith("example");
  tab.auth.signInWith("a/b?c");

  expect(went).toEqual([
    `${backend.origin}/auth/providers/example/start`,
    `${backend.origin}/auth/providers/a%2Fb%3Fc/start`,
  ]);
  expect(takePaths()).toEqual([]);
});

test("connecting asks the server first, and leaves the page only when the server agrees", async () => {
  const { backend, tab, went } = await open();
  const path = "/auth/providers/example/connect";
  backend.override(path, () => problem("REAUTHENTICATION_REQUIRED", 401, { max_age: 600 }));
  expect((await tab.auth.connect("example")).problem?.code).toBe("REAUTHENTICATION_REQUIRED");
  expect(went).toEqual([]);
  backend.override(path, null);
  const result = await tab.auth.connect("example", { next: "/profile" });

  expect(result.problem).toBeUndefined();
  expect(went).toEqual(["https://id.example.com/authorize"]);
  const [, sent = expect.fail("none")] = backend.to(path);
  expect(sent.headers.authorization).toBe("Bearer at-1");
  expect(String(sent.body)).toBe('{"next":"/profile"}');
});

test("a person lists the connected outside identities and disconnects them", async () => {
  const { tab } = await open();
  expect((await tab.auth.connections()).data).toMatchObject([{ id: "c-1", provider: "example" }]);

  expect((await tab.auth.disconnect("c-1")).problem).toBeUndefined();
  expect((await tab.auth.disconnect("c-2")).problem?.code).toBe("NOT_FOUND");
});
