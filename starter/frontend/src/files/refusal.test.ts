import { ProblemError, UnreadableFileError } from "flask-dovetail";
import { beforeAll, expect, test } from "vitest";
import { loadWords, startTranslations, switchLanguage } from "../i18n/start";
import { maySendAgain, refusalText } from "./refusal";

const refused = (code: string, more: object = {}) =>
  new ProblemError({ type: "", title: "", status: 422, code, ...more });

beforeAll(async () => {
  await startTranslations();
  await loadWords("files");
});

test("the limit and the kinds that are taken are named, in the reader's language", async () => {
  const tooLarge = refused("FILE_TOO_LARGE", { max_bytes: 10 * 1024 * 1024 });
  const wrongKind = refused("FILE_TYPE_NOT_ALLOWED", { types: ["image/jpeg", "image/png"] });
  await switchLanguage("en");
  expect(refusalText(tooLarge)).toContain("10 MB");
  expect(refusalText(wrongKind)).toContain("JPEG or PNG");
  await switchLanguage("ko");
  expect(refusalText(tooLarge)).toContain("10MB까지");
  expect(refusalText(wrongKind)).toContain("JPEG 또는 PNG");
  await switchLanguage("en");
});

test("a name that is not taken is told apart from other mistakes of a request", () => {
  const name = refused("VALIDATION_FAILED", { errors: [{ pointer: "/body/name" }] });
  expect(refusalText(name)).toContain("Rename");
  expect(refusalText(refused("VALIDATION_FAILED"))).not.toContain("Rename");
});

test("trying again is offered where it may help", () => {
  expect(maySendAgain(refused("FILE_TOO_LARGE"))).toBe(false);
  expect(maySendAgain(refused("FORBIDDEN"))).toBe(false);
  expect(maySendAgain(refused("QUOTA_EXCEEDED"))).toBe(true);
  expect(maySendAgain(refused("SERVICE_UNAVAILABLE"))).toBe(true);
  expect(maySendAgain(new UnreadableFileError())).toBe(true);
});
