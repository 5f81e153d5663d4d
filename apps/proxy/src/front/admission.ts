import type { NewConnection } from "@faultwire/fault-session";
import type { PluginTalk } from "../plugin/plugin-talk.ts";

/** What the rules said of a connection before it came about, for the session on it. */
export type ConnectVerdict = NonNullable<NewConnection["connect"]>;

/** What a client's asking has come to. */
export type Admission =
  /** By our own rules: what they said, where they were asked. */
  | { readonly kind: "ours"; readonly verdict: ConnectVerdict | undefined }
  /** A plugin takes the connection. */
  | { readonly kind: "plugin"; readonly talk: PluginTalk }
  /** A plugin decides, and does not want this one. */
  | { readonly kind: "pass" }
  /** The client's connection is not the caller's any more. */
  | { readonly kind: "refused" };
