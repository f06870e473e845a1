/** A small server of the token strategy: rotating refresh tokens, their grace window and reuse, and access tokens. */
import { type Answer, problem } from "./server.js";
import { refreshAnswer } from "./vectors.js";

interface Family {
  login: { id: string; subject: string };
  generation: number;
  /** The times at which generations were replaced, in milliseconds since 1970. */
  replacedAt: number[];
}

export interface Families {
  accessSeconds: number;
  graceMs: number;
  /** The server's clock. */
  now(): number;
  begin(login: Family["login"]): Answer;
  refresh(rt: string | undefined): Answer;
  /** Returns the refusal of an access token; `null`: it is valid. */
  judge(accessToken: string): Answer | null;
  login(rt: string | undefined): object | null;
  /** Returns the login of an access token. */
  bearer(accessToken: string): Family["login"] | null;
  lives(loginId: string): boolean;
  end(rt: string | undefined): void;
  endAll(): void;
  /** Makes every present access token invalid. */
  forgetKeys(): void;
  /** Returns how often the refresh token has rotated. */
  generations(): number;
}

export function serveFamilies(): Families {
  const families = new Map<string, Family>();
  const tokens = new Map<string, { handle: string; expiry: number }>();
  let tokenCount = 0;

  function parse(rt: string | undefined) {
    const [handle = "", generation] = (rt ?? "").split(".");
    return { handle, generation: Number(generation), family: families.get(handle) };
  }

  function grant(handle: string, { login, generation }: Family): Answer {
    tokenCount += 1;
    const access_token = `at-${tokenCount}`;
    tokens.set(access_token, { handle, expiry: it.now() + it.accessSeconds * 1000 });
    const { headers, body } = refreshAnswer("rotated");
    const cookie = headers["set-cookie"]?.replace(/[^;]*/, `rt=${handle}.${generation}`) ?? "";
    return {
      headers: { ...headers, "set-cookie": cookie },
      body: { ...(body as object), access_token, expires_in: it.accessSeconds, login },
    };
  }

  const it: Families = {
    accessSeconds: 900,
    graceMs: 10_000,
    now: () => Date.now(),
    begin(login) {
      const family = { login, generation: 0, replacedAt: [] };
      families.set(`handle-of-${login.id}`, family);
      return grant(`handle-of-${login.id}`, family);
    },
    refresh(rt) {
      const { handle, generation, family } = parse(rt);
      if (!rt || !family) {
        return refreshAnswer(rt ? "unknown" : "missing");
      }
      if (generation === family.generation) {
        family.generation += 1;
        family.replacedAt.push(it.now());
      } else if ((family.replacedAt[generation] ?? 0) < it.now() - it.graceMs) {
        families.delete(handle);
        return refreshAnswer("reused");
      }
      return grant(handle, family);
    },
    judge(accessToken) {
      const token = tokens.get(accessToken);
      if (!token) {
        return problem("INVALID_TOKEN", 401);
      }
      if (token.expiry <= it.now()) {
        return problem("TOKEN_EXPIRED", 401);
      }
      return families.has(token.handle) ? null : problem("SESSION_EXPIRED", 401);
    },
    login: (rt) => parse(rt).family?.login ?? null,
    bearer: (token) => families.get(tokens.get(token)?.handle ?? "")?.login ?? null,
    lives: (id) => [...families.values()].some(({ login }) => login.id === id),
    end: (rt) => void families.delete(parse(rt).handle),
    endAll: () => families.clear(),
    forgetKeys: () => tokens.clear(),
    generations: () => Math.max(0, ...[...families.values()].map(({ generation }) => generation)),
  };
  return it;
}
