/** A page of another origin than the API's, with the browser's XMLHttpRequest and cookies (jsdom). */
import { onTestFinished, vi } from "vitest";

/**
 * Replaces `XMLHttpRequest` by that of a page.
 *
 * @param cookie the browser's cookie for the server.
 * @returns a function that makes a file of the page: it cannot send others.
 */
export async function stubXhr(
  server: string,
  cookie = "sid=secret",
): Promise<(content: string) => File> {
  // jsdom has no types.
  const { JSDOM } = await import("jsdom" as string);
  const page = new JSDOM("", { url: "http://app.example.test/" });
  page.cookieJar.setCookieSync(cookie, server);
  vi.stubGlobal("XMLHttpRequest", page.window.XMLHttpRequest);
  onTestFinished(() => {
    vi.unstubAllGlobals();
    page.window.close();
  });
  return (content) => new page.window.File([content], "letters.txt", { type: "text/plain" });
}
