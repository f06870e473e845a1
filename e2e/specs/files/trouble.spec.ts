import { writeSource } from "../../bytes.ts";
import { expect, send, signIn, test } from "../../fixtures.ts";
import { choose, chooseAgain, openMyFiles, stopParts, watchParts } from "../../my-files.ts";

/** Of every file here. */
const partCount = 4;

test("an upload that is cancelled leaves nothing behind", async ({
  mine: page,
  starter,
}, testInfo) => {
  const source = await writeSource(
    testInfo.outputPath("given up.bin"),
    partCount * starter.partBytes,
  );
  const files = await openMyFiles(page);
  const parts = watchParts(page);
  const letGo = await stopParts(page, { letThrough: 2 });
  await choose(page, source);
  await expect.poll(() => parts.arrived).toBe(2);
  await files.sending(source.name).getByRole("button", { name: "Cancel" }).click();
  await expect(files.sending(source.name)).toHaveCount(0);
  await letGo();
  const unfinished = async () =>
    (await (await send(page.context(), starter, "GET", "/files/upload")).json()).items;
  await expect.poll(unfinished).toEqual([]);
  await expect(page.getByText("No files yet")).toBeVisible();
  await page.reload();
  await expect(page.getByText("No files yet")).toBeVisible();
});

test("a paused upload rests until it is resumed, and what has arrived stays", async ({
  mine: page,
  starter,
}, testInfo) => {
  const source = await writeSource(
    testInfo.outputPath("resting.bin"),
    partCount * starter.partBytes,
  );
  const files = await openMyFiles(page);
  const parts = watchParts(page);
  const letGo = await stopParts(page, { letThrough: 2 });
  await choose(page, source);
  await expect.poll(() => parts.arrived).toBe(2);
  const row = files.sending(source.name);
  await row.getByRole("button", { name: "Pause" }).click();
  await expect(row).toContainText("Paused");
  const { sent } = parts;
  await letGo();
  await row.getByRole("button", { name: "Resume" }).click();
  await expect(files.stored(source.name)).toBeVisible();
  expect(parts.sent - sent).toBe(partCount - 2);
});

test(
  "after a reload the same file is chosen again, and only what is missing travels",
  {
    tag: "@journey",
  },
  async ({ mine: page, starter }, testInfo) => {
    const source = await writeSource(
      testInfo.outputPath("cut off.bin"),
      partCount * starter.partBytes,
    );
    const other = await writeSource(testInfo.outputPath("another.bin"), 1000);
    const files = await openMyFiles(page);
    const parts = watchParts(page);
    const letGo = await stopParts(page, { letThrough: 2 });
    await choose(page, source);
    await expect.poll(() => parts.arrived).toBe(2);
    await page.reload();
    await letGo();
    const row = files.cutOff(source.name);
    await expect(row).toContainText("50%");
    await chooseAgain(row, other);
    await expect(row).toContainText("That is another file.");
    const { sent } = parts;
    await chooseAgain(row, source);
    await expect(files.stored(source.name)).toBeVisible();
    await expect(files.cutOff(source.name)).toHaveCount(0);
    expect(parts.sent - sent).toBe(partCount - 2);
  },
);

test("what was cut off can be discarded", async ({ mine: page, starter }, testInfo) => {
  const source = await writeSource(testInfo.outputPath("unwanted.bin"), 2 * starter.partBytes);
  const files = await openMyFiles(page);
  const letGo = await stopParts(page);
  const sending = page.waitForRequest((request) => request.method() === "PUT");
  await choose(page, source);
  await sending;
  await page.reload();
  await letGo();
  await files.cutOff(source.name).getByRole("button", { name: "Discard" }).click();
  await expect(files.cutOff(source.name)).toHaveCount(0);
  await expect(page.getByText("No files yet")).toBeVisible();
});

for (const [trouble, answer] of [
  ["a busy server", { status: 503, body: "" }],
  [
    "an address that has expired",
    { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" },
  ],
] as const) {
  test(`${trouble} in the middle is nothing to be told of`, async ({
    mine: page,
    starter,
  }, testInfo) => {
    const source = await writeSource(
      testInfo.outputPath("undisturbed.bin"),
      partCount * starter.partBytes,
    );
    const files = await openMyFiles(page);
    const parts = watchParts(page);
    const letGo = await stopParts(page, { letThrough: 2, answer });
    await choose(page, source);
    await expect(files.stored(source.name)).toBeVisible({ timeout: 15_000 });
    await letGo();
    expect(parts).toEqual({ sent: partCount + 1, arrived: partCount });
  });
}

test("what failed is sent again by hand, without what has arrived", async ({
  mine: page,
  starter,
}, testInfo) => {
  const source = await writeSource(
    testInfo.outputPath("unlucky.bin"),
    partCount * starter.partBytes,
  );
  const files = await openMyFiles(page);
  const parts = watchParts(page);
  const full = { type: "about:blank", title: "Full", status: 507, code: "STORAGE_FULL" };
  await page.route(
    "**/files/upload/commit",
    (route) =>
      route.fulfill({
        status: 507,
        contentType: "application/problem+json",
        headers: {
          "Access-Control-Allow-Origin": starter.origin,
          "Access-Control-Allow-Credentials": "true",
        },
        body: JSON.stringify(full),
      }),
    { times: 1 },
  );
  await choose(page, source);
  const row = files.sending(source.name);
  await expect(row).toContainText("Our storage is full for the moment.");
  await row.getByRole("button", { name: "Try again" }).click();
  await expect(files.stored(source.name)).toBeVisible();
  expect(parts).toEqual({ sent: partCount, arrived: partCount });
});

test("a login that ends in the middle is renewed on the spot, and the upload goes on", async ({
  browser,
  mine: page,
  person,
  starter,
}, testInfo) => {
  const source = await writeSource(
    testInfo.outputPath("overnight.bin"),
    partCount * starter.partBytes,
  );
  const files = await openMyFiles(page);
  const parts = watchParts(page);
  const letGo = await stopParts(page, { letThrough: 2 });
  await choose(page, source);
  await expect.poll(() => parts.arrived).toBe(2);

  const elsewhere = await browser.newContext();
  await signIn(elsewhere, starter, person);
  const ended = await send(elsewhere, starter, "POST", "/auth/logout-others");
  expect(await ended.json()).toEqual({ ended: 1 });
  await elsewhere.close();
  await letGo();

  const dialog = page.getByRole("dialog", { name: "Sign in to continue" });
  await expect(dialog.getByLabel("Email")).toHaveValue(person.email);
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(files.stored(source.name)).toBeVisible();
  await expect(dialog).toHaveCount(0);
  expect(parts.arrived).toBe(partCount);
});
