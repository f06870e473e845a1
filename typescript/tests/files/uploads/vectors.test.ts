/** What an upload makes of tickets and refusals, by the vectors that both halves read. */
import { expect, test } from "vitest";
import { createDovetail } from "../../../src/index.js";
import { recordProgress } from "../../support/sender.js";
import {
  answerOf,
  type RefusalVector,
  type TicketVector,
  type UploadStep,
  uploadVectors,
} from "../../support/vectors.js";

const ORIGIN = "http://localhost:5000";
const NOW = Date.parse("2027-01-15T08:00:00Z");

interface Sent {
  step: UploadStep;
  method: string;
  url: string;
  headers: Headers;
  body: string;
}

/** A page whose network answers by a vector. */
function openPage(vector: TicketVector, refusal?: RefusalVector) {
  const { announced, ticket, file } = vector;
  const sent: Sent[] = [];
  const waits: number[] = [];
  const path = `/files/upload/${ticket.body.key}`;
  const found =
    refusal?.at === "status" ? [{ ...announced, key: ticket.body.key }] : vector.found?.body.items;
  let isRefused = false;

  function stepOf({ method, url }: Request): UploadStep {
    const steps: Record<string, UploadStep> = {
      [`GET ${ORIGIN}/files/upload?fingerprint=${announced.fingerprint}`]: "find",
      [`POST ${ORIGIN}/files/upload/presign`]: "announce",
      [`GET ${ORIGIN}${path}`]: "status",
      [`POST ${ORIGIN}/files/upload/commit`]: "commit",
    };
    const isPart = ticket.body.parts.some((part) => `PUT ${part.url}` === `${method} ${url}`);
    return isPart ? "put" : (steps[`${method} ${url}`] ?? expect.fail(`${method} ${url}`));
  }

  async function fetch(request: Request): Promise<Response> {
    const { method, url, headers } = request;
    if (url === `${ORIGIN}/api/csrf-token`) {
      return Response.json({ csrf: "token" });
    }
    const step = stepOf(request);
    sent.push({ step, method, url, headers, body: await request.text() });
    if (step === refusal?.at && !isRefused) {
      isRefused = true;
      const { status, headers: head, body } = answerOf(refusal.answer);
      return new Response(typeof body === "string" ? body : JSON.stringify(body), {
        status,
        headers: head,
      });
    }
    return {
      find: () => Response.json({ items: found ?? [] }),
      announce: () => Response.json(ticket.body, { status: 201 }),
      status: () => Response.json(ticket.body),
      put: () => new Response(null, { status: 204 }),
      commit: () => Response.json(file.body),
    }[step]();
  }

  const { files } = createDovetail({
    config: { apiOrigin: ORIGIN },
    outside: {
      fetch,
      now: () => NOW,
      random: () => 0,
      async sleep(ms) {
        waits.push(ms);
      },
    },
  });
  const { name, content_type: type, size } = announced;
  const { reports, options } = recordProgress({ parallel: 1 });
  return {
    sent,
    waits,
    reports,
    upload: () =>
      files.upload(new File(["a".repeat(size)], name, { type, lastModified: 1 }), options),
    at: (step: UploadStep) => sent.filter((each) => each.step === step),
  };
}

test.each(uploadVectors.tickets)("$case: $name", async (vector) => {
  const page = openPage(vector);
  const { data } = await page.upload();
  const { announced, arrived, ticket, commit, file } = vector;
  const { key, parts } = ticket.body;

  expect(data).toEqual(file.body);
  expect(page.at("announce").map(({ body }) => JSON.parse(body))).toEqual(
    arrived.length > 0 ? [] : [announced],
  );
  expect(page.at("put").map(({ url, body }) => ({ url, size: body.length }))).toEqual(
    parts.map(({ url, size }) => ({ url, size })),
  );
  for (const [index, { headers }] of page.at("put").entries()) {
    expect(Object.fromEntries(headers)).toEqual(
      Object.fromEntries(new Headers(parts[index]?.headers)),
    );
  }
  const commits = page.at("commit").map(({ body }) => JSON.parse(body));
  for (const each of commits) {
    each.parts.sort(
      (one: { number: number }, other: { number: number }) => one.number - other.number,
    );
  }
  expect(commits).toEqual([{ key, ...commit }]);

  const missing = parts.reduce((sum, { size }) => sum + size, 0);
  expect(page.reports.map(({ loaded }) => loaded)).toContain(announced.size - missing);
  expect(page.reports.at(-1)).toMatchObject({ loaded: announced.size, total: announced.size });
});

test.each(uploadVectors.refusals)("$case: $name", async (vector) => {
  const page = openPage(uploadVectors.tickets[0], vector);
  const { data, problem } = await page.upload();
  const { requests, retryAfterSeconds, result } = vector.client;

  expect(page.sent.map(({ step }) => step)).toEqual(requests);
  expect(page.waits).toEqual(retryAfterSeconds ? [retryAfterSeconds * 1000] : []);
  if (result === "file") {
    expect(data).toEqual(uploadVectors.tickets[0].file.body);
  } else {
    expect(problem).toMatchObject({ ...(vector.answer.body as object), code: result });
  }
});
