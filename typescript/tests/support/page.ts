/** A page of another origin than the API's, with the browser's own way to send and its cookies (jsdom). */
import { onTestFinished, vi } from "vitest";

/**
 * Makes `XMLHttpRequest` that of a page.
 *
 * @param cookie what this browser keeps for the server.
 * @returns the page's own way to make a file: it sends no other.
 */
export async function stubXhr(
  server: string,
  cookie = "sid=secret",
): Promise<(content: string) => File> {
  // jsdom brings no types.
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
