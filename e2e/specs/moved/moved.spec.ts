import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { digestOf, writeSource } from "../../bytes.ts";
import { expect, test } from "../../fixtures.ts";
import { expectLive, expectUnread, somebodyElse } from "../../live.ts";
import { choose } from "../../my-files.ts";
import { root } from "../../root.ts";

const run = promisify(execFile);

/** What is Dovetail's, where it would be if it had not been moved. */
const OWN =
  /^\/(?:auth|files|socket\.io|api\/(?:me|csrf-token|notifications)|openapi\.json|asyncapi\.json|docs|healthz|readyz)(?:\/|$)/;

test("the starter finds Dovetail's routes where they have been moved", async ({
  browser,
  page,
  person,
  starter,
}, testInfo) => {
  const moved = starter.routesPrefix;
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("websocket", (socket) => asked.push(socket.url()));

  await page.goto("/sign-in?next=%2Fmy-files");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/my-files");

  // A file in several parts goes and comes.
  const source = await writeSource(testInfo.outputPath("parts.bin"), 2 * starter.partBytes + 1);
  await choose(page, source);
  const row = page.getByRole("list", { name: "Uploaded" }).getByRole("listitem");
  const download = page.waitForEvent("download");
  await row.filter({ hasText: source.name }).getByRole("link", { name: "Download" }).click();
  expect(await digestOf(await (await download).path())).toBe(source.sha256);

  // Who it was is known after a reload: by the refresh cookie in the token strategy.
  const refreshed =
    starter.strategy === "token" ? page.waitForResponse(`**${moved}/auth/refresh`) : undefined;
  await page.reload();
  await expect(row.filter({ hasText: source.name })).toBeVisible();
  expect((await refreshed)?.status() ?? 200).toBe(200);

  // A notification arrives by the socket, is listed, and is marked as read.
  await page.getByRole("navigation").getByRole("link", { name: "New post" }).click();
  await page.getByLabel("Title").fill("Moved");
  await page.getByLabel("Text").fill("…");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page).toHaveURL(/\/posts\/\d+$/);
  const post = page.url();
  await page.getByRole("link", { name: "Home" }).click();
  await expectLive(page);
  const other = await somebodyElse(browser, starter);
  await other.like(Number(post.split("/").at(-1)));
  await expectUnread(page, 1);
  await page.getByRole("status").getByRole("button", { name: "Open" }).click();
  await expect(page).toHaveURL(post);
  await expectUnread(page, 0);

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  const paths = asked
    .filter((url) => new URL(url).host === new URL(starter.origin).host)
    .map((url) => new URL(url).pathname);
  expect(paths.filter((path) => OWN.test(path))).toEqual([]);
  expect(paths).toContain(`${moved}/socket.io/`);
  expect(paths).toContain(`${moved}/files/upload/presign`);
});

test("the starter's page compiles with the types of the moved contract", async ({
  starter,
}, testInfo) => {
  const frontend = join(root, "starter/frontend");
  const copy = testInfo.outputPath("frontend");
  await cp(frontend, copy, { recursive: true, filter: (path) => !/node_modules|dist/.test(path) });
  const document = testInfo.outputPath("openapi.json");
  const env = {
    ...process.env,
    DOVETAIL_ROUTES_PREFIX: starter.routesPrefix,
    STARTER_AUTH: starter.strategy,
    STARTER_DATA_FOLDER: testInfo.outputPath("data"),
  };
  await run(
    join(root, ".venv/bin/flask"),
    ["--app", "starter/backend/wsgi.py", "dovetail", "contract", "export", "--output", document],
    { cwd: root, env },
  );
  const types = join(copy, "src/api/schema.d.ts");
  await run("node", [join(root, "typescript/codegen/cli.mjs"), "types", document, types]);
  await run(join(root, "node_modules/.bin/tsc"), ["-p", copy]);
});
