/** The shapes of the authority's answers. Twin: flask_dovetail/auth. Times are ISO 8601, UTC. */
import type { ProblemOf, Result } from "../contract/result.js";

/** Who is signed in here. */
export interface Login {
  id: string;
  /** The application's own name for the person. */
  subject: string;
  roles: string[];
  scopes: string[];
  created_at: string;
  /** When the login ends at the latest, however active it is. */
  expires_at: string;
}

/** A line of "where you are signed in". */
export interface Device {
  id: string;
  /** What its browser holds: a session cookie, or tokens. */
  strategy: "session" | "token";
  device: string;
  user_agent: string;
  address: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  /** Whether it is this very browser. */
  current: boolean;
}

/** An outside provider that people can sign in with. */
export interface Provider {
  name: string;
  /** For people: "Google". */
  title: string;
  /** Where signing in with it begins. */
  url: string;
}

/** An outside identity that is connected to the account. */
export interface Connection {
  id: string;
  /** The provider's name. */
  provider: string;
  title: string;
  connected_at: string;
}

export interface Credentials {
  email: string;
  password: string;
}

export type AuthResult<Data> = Result<Data, ProblemOf<unknown>>;

/** The authority's part of the contract, in openapi-typescript's form. */
export interface AuthPaths {
  "/auth/session": { get: Answers<200, { login: Login | null }> };
  "/auth/login": {
    post: Answers<200, unknown> & {
      requestBody: { content: { "application/json": Credentials } };
    };
  };
  "/auth/logout": { post: { responses: { 204: { content?: never } } } };
  "/auth/logout-others": { post: Answers<200, { ended: number }> };
  "/auth/sessions": { get: Answers<200, { items: Device[] }> };
  "/auth/sessions/{id}": {
    delete: {
      parameters: { path: { id: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/auth/providers": { get: Answers<200, { items: Provider[] }> };
  "/auth/providers/{name}/connect": {
    post: Answers<200, { url: string }> & {
      parameters: { path: { name: string } };
      requestBody: { content: { "application/json": { next?: string } } };
    };
  };
  "/auth/connections": { get: Answers<200, { items: Connection[] }> };
  "/auth/connections/{id}": {
    delete: {
      parameters: { path: { id: string } };
      responses: { 204: { content?: never } };
    };
  };
}

type Answers<Status extends number, Body> = {
  responses: { [S in Status]: { content: { "application/json": Body } } };
};
