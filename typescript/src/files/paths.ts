/** The shapes of the wire. Twin: flask_dovetail/files. Sizes are bytes, times ISO 8601 in UTC. */

/** A file that is there. Its bytes never change. */
export interface UploadedFile {
  id: string;
  name: string;
  content_type: string;
  size: number;
  purpose: string;
  /** Hex, where the server knows it. */
  sha256: string | null;
  created_at: string;
  /** Opens the bytes without further credentials. */
  content_url: string;
  /** `null`: never. */
  content_url_expires_at: string | null;
}

/** What is said of a file before its bytes travel. */
export interface Announcement {
  name: string;
  content_type: string;
  size: number;
  purpose?: string;
  fingerprint?: string;
}

/** Where one part goes: `PUT url` with these headers and `size` bytes. */
export interface PartUrl {
  /** Counted from 1. */
  number: number;
  size: number;
  url: string;
  headers: Record<string, string>;
}

/** An upload under way. */
export interface Ticket {
  key: string;
  size: number;
  /** Of every part but the last. */
  part_size: number;
  part_count: number;
  /** The parts that are there. */
  arrived: number[];
  /** Of those that are not, the first hundred. */
  parts: PartUrl[];
  urls_expire_at: string;
  expires_at: string;
}

/** A line of one's own unfinished uploads. */
export interface Unfinished {
  key: string;
  size: number;
  fingerprint: string | null;
}

export interface FilesPaths {
  "/files/upload/presign": {
    post: Answers<201, Ticket> & Body<Announcement>;
  };
  "/files/upload": {
    get: Answers<200, { items: Unfinished[] }> & {
      parameters: { query: { fingerprint: string } };
    };
  };
  "/files/upload/{key}": {
    get: Answers<200, Ticket> & { parameters: { path: { key: string } } };
    delete: Nothing & { parameters: { path: { key: string } } };
  };
  "/files/upload/commit": {
    post: Answers<200, UploadedFile> &
      Body<{ key: string; parts?: { number: number; sha256: string }[] }>;
  };
  "/files/{id}": {
    delete: Nothing & { parameters: { path: { id: string } } };
  };
}

type Body<Content> = { requestBody: { content: { "application/json": Content } } };

type Nothing = { responses: { 204: { content?: never } } };

type Answers<Status extends number, Content> = {
  responses: { [S in Status]: { content: { "application/json": Content } } };
};
