import type { UploadedFile } from "flask-dovetail";
import { dovetail } from "../api/client";

/** Where the bytes are, written so that it holds outside of this page. */
export function contentAddress(file: UploadedFile, { download = false } = {}): string {
  const address = new URL(file.content_url, dovetail.config.apiOrigin || window.location.origin);
  if (download) {
    address.searchParams.set("download", "1");
  }
  return address.href;
}
