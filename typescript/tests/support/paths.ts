/** A contract as openapi-typescript writes it, with what Dovetail's document gives: typed problem codes. */
export interface Post {
  id: number;
  title: string;
}

interface AnyProblem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  request_id?: string;
}

interface DeclaredProblem<Code extends string> {
  content: {
    "application/problem+json": AnyProblem & {
      /** @enum {string} */
      code?: Code;
      daily_limit?: number;
    };
  };
}

export interface paths {
  "/api/posts": {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: {
      parameters: { query?: { limit?: number; tag?: string[] } };
      responses: {
        200: { content: { "application/json": { items: Post[]; next_cursor: string | null } } };
        422: DeclaredProblem<"VALIDATION_FAILED">;
      };
    };
    post: {
      parameters: { query?: never };
      requestBody: { content: { "application/json": { title: string } } };
      responses: {
        201: { content: { "application/json": Post } };
        422: DeclaredProblem<"VALIDATION_FAILED">;
        429: DeclaredProblem<"TOO_MANY_POSTS" | "TOO_MANY_REQUESTS">;
      };
    };
    put?: never;
  };
  "/api/posts/{post_id}": {
    get: {
      parameters: { path: { post_id: number } };
      responses: {
        200: { content: { "application/json": Post } };
        404: DeclaredProblem<"NOT_FOUND">;
      };
    };
    head: {
      parameters: { path: { post_id: number } };
      responses: { 200: { content?: never } };
    };
    delete: {
      parameters: { path: { post_id: number } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/picture": {
    post: {
      requestBody: {
        content: { "multipart/form-data": { file: string }; "application/octet-stream": string };
      };
      responses: { 201: { content: { "application/json": { bytes: number } } } };
    };
  };
}
