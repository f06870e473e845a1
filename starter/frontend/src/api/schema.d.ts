/** The contract as types. Written by `make contract` from openapi.json. */

type Json<T> = { headers: Record<string, unknown>; content: { "application/json": T } };
type Failed = { headers: Record<string, unknown>; content: { "application/problem+json": components["schemas"]["Problem"] } };
type Nothing = { headers: Record<string, unknown>; content?: never };
type Body<T> = { content: { "application/json": T } };
type PostPath = { query?: never; header?: never; path: { post_id: number }; cookie?: never };
type None = { query?: never; header?: never; path?: never; cookie?: never };

export interface paths {
  "/api/signup": { parameters: None; post: { parameters: None; requestBody: Body<components["schemas"]["SignUp"]>; responses: { 201: Json<components["schemas"]["Profile"]>; 409: Failed; 422: Failed; 429: Failed } } };
  "/api/profile": {
    parameters: None;
    get: { parameters: None; requestBody?: never; responses: { 200: Json<components["schemas"]["Profile"]>; 401: Failed } };
    patch: { parameters: None; requestBody: Body<components["schemas"]["ProfileChange"]>; responses: { 200: Json<components["schemas"]["Profile"]>; 401: Failed; 422: Failed } };
  };
  "/api/posts": {
    parameters: None;
    get: { parameters: { query?: { cursor?: string | null; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: Json<components["schemas"]["Page_Post_"]>; 400: Failed } };
    post: { parameters: None; requestBody: Body<components["schemas"]["PostIn"]>; responses: { 201: Json<components["schemas"]["Post"]>; 401: Failed; 422: Failed; 429: Failed } };
  };
  "/api/posts/{post_id}": {
    parameters: PostPath;
    get: { parameters: PostPath; requestBody?: never; responses: { 200: Json<components["schemas"]["Post"]>; 404: Failed } };
    patch: { parameters: PostPath; requestBody: Body<components["schemas"]["PostChange"]>; responses: { 200: Json<components["schemas"]["Post"]>; 401: Failed; 403: Failed; 404: Failed; 422: Failed } };
    delete: { parameters: PostPath; requestBody?: never; responses: { 204: Nothing; 401: Failed; 403: Failed; 404: Failed } };
  };
}

export interface components {
  schemas: {
    Author: { id: number; name: string };
    Post: { id: number; title: string; body: string; author: components["schemas"]["Author"]; created_at: string; edited_at: string | null; mine: boolean };
    PostIn: { title: string; body: string };
    PostChange: { title?: string; body?: string };
    Page_Post_: { items: components["schemas"]["Post"][]; next_cursor: string | null };
    Profile: { id: number; email: string; name: string; bio: string; joined_at: string };
    ProfileChange: { name?: string; bio?: string };
    SignUp: { email: string; name: string; password: string };
    Problem: { type: string; title: string; status: number; code: string; detail?: string; request_id?: string; errors?: { pointer: string; code: string; detail: string }[] };
  };
}
