/** The public types that are generated from the library's own contract. Compiled, never run. */
import { expectTypeOf } from "vitest";
import type {
  Connection,
  Credentials,
  Device,
  Login,
  Provider,
  UploadedFile,
} from "../../src/index.js";

expectTypeOf<Login>().toEqualTypeOf<{
  id: string;
  subject: string;
  roles: string[];
  scopes: string[];
  created_at: string;
  expires_at: string;
}>();

expectTypeOf<Device>().toEqualTypeOf<{
  id: string;
  strategy: "session" | "token";
  device: string;
  user_agent: string;
  address: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  current: boolean;
}>();

expectTypeOf<Provider>().toEqualTypeOf<{ name: string; title: string; url: string }>();

expectTypeOf<Connection>().toEqualTypeOf<{
  id: string;
  provider: string;
  title: string;
  connected_at: string;
}>();

expectTypeOf<Credentials>().toEqualTypeOf<{ email: string; password: string }>();

expectTypeOf<UploadedFile>().toEqualTypeOf<{
  id: string;
  name: string;
  content_type: string;
  size: number;
  purpose: string;
  sha256: string | null;
  created_at: string;
  content_url: string;
  content_url_expires_at: string | null;
}>();
