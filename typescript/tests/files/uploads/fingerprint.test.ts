import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../../src/files/uploads/fingerprint.js";

const file = (name: string, options: FilePropertyBag, content = "letters") =>
  new File([content], name, options);

const own = file("사진.heic".normalize("NFC"), {
  type: "image/heic",
  lastModified: 1_700_000_000_123,
});

describe("the mark of a file", () => {
  it.each([
    ["whose browser knows no type", file(own.name, { type: "", lastModified: own.lastModified })],
    [
      "whose name is decomposed",
      file(own.name.normalize("NFD"), { lastModified: own.lastModified }),
    ],
    ["whose time has no milliseconds", file(own.name, { lastModified: 1_700_000_000_000 })],
  ])("is the same in another browser, %s", async (_name, other) => {
    expect(await fingerprintOf(other, "file")).toBe(await fingerprintOf(own, "file"));
  });

  it.each([
    ["name", file("other.heic", { lastModified: own.lastModified }), "file"],
    ["size", file(own.name, { lastModified: own.lastModified }, "more letters"), "file"],
    ["time", file(own.name, { lastModified: own.lastModified + 1000 }), "file"],
    ["purpose", own, "avatar"],
  ])("differs for another %s", async (_name, other, purpose) => {
    expect(await fingerprintOf(other, purpose)).not.toBe(await fingerprintOf(own, "file"));
  });
});
