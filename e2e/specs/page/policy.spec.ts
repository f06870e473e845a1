import { expect, test, write } from "../../fixtures.ts";
import { membersOnly, open, show } from "../../screens.ts";

test("no screen makes the console complain, or asks for what its policy forbids", async ({
  complaints,
  mine: page,
  starter,
}) => {
  const { id } = await write(page.context(), starter, "Under a policy");
  const answer = await page.goto("/");
  const policy = answer?.headers()["content-security-policy"] ?? "";
  for (const demand of ["object-src 'none'", "base-uri 'none'", "script-src 'self'"]) {
    expect(policy).toContain(demand);
  }
  expect(policy).not.toContain("unsafe");

  const { "an unknown post": _, ...found } = open; // its 404 is a line in the console, as it should be
  for (const [screen, address] of Object.entries(membersOnly)) {
    await show(page, address, id);
    expect(complaints, screen).toEqual([]);
  }
  await page.goto("about:blank"); // a page that still asks would be told that nobody is signed in
  await page.context().clearCookies();
  for (const [screen, address] of Object.entries(found)) {
    await show(page, address, id);
    expect(complaints, screen).toEqual([]);
  }
});

test("the interactive documentation keeps to its policy too", async ({ complaints, page }) => {
  await page.goto("/docs");
  await expect(page.getByText("/api/posts").first()).toBeVisible();
  expect(complaints).toEqual([]);
});

test("under its policy the page starts its own workers, no others, and loads a sound that it has made", async ({
  complaints,
  page,
}) => {
  await page.route("**/echo.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: "postMessage('started')" }),
  );
  await page.goto("/");
  const found = await page.evaluate(async () => {
    const started = (address: string | URL) =>
      new Promise<string>((resolve) => {
        new Worker(address).addEventListener("message", ({ data }) => resolve(data));
      });
    const failure = async (run: () => unknown) => {
      try {
        return `no failure: ${await run()}`;
      } catch (error) {
        return String(error);
      }
    };
    const refused = new Promise<string[]>((resolve) => {
      const addresses: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
        if (effectiveDirective === "media-src") {
          addresses.push(blockedURI);
          resolve(addresses);
        }
      });
    });
    // In this order: the refusal of the second shows that the first has been judged.
    const own = new Audio(URL.createObjectURL(new Blob(["sound"], { type: "audio/wav" })));
    const ofOthers = new Audio("https://elsewhere.example/sound.wav");
    for (const sound of [own, ofOthers]) {
      sound.load();
    }
    return {
      demanded: await failure(() => document.createElement("div").setHTMLUnsafe("<b>")),
      byUrl: await started(new URL("/echo.js", location.href)),
      byPath: await started("echo.js"),
      isStillAWorker: new Worker("/echo.js") instanceof Worker,
      service: await failure(() => navigator.serviceWorker.register("/no-such-worker.js")),
      foreign: await failure(() => new Worker("https://elsewhere.example/echo.js")),
      made: await failure(() => new Worker(URL.createObjectURL(new Blob(["1"])))),
      refusedSounds: await refused,
    };
  });
  expect(found).toMatchObject({
    demanded: expect.stringContaining("TrustedHTML"),
    byUrl: "started",
    byPath: "started",
    isStillAWorker: true,
    service: expect.stringContaining("404"),
    foreign: expect.stringContaining("TrustedScriptURL"),
    made: expect.stringContaining("TrustedScriptURL"),
    refusedSounds: ["https://elsewhere.example/sound.wav"],
  });
  complaints.length = 0; // those that it has just provoked
});
