import type { ProxySettings } from "@faultwire/proxy";
import { Option } from "commander";

/** What {@link http2Option} gives. */
export interface Http2Flags {
  readonly http2: NonNullable<ProxySettings["http2"]>;
}

/** `--http2`, of every command with a proxy of our own. */
export function http2Option(): Option {
  return new Option(
    "--http2 <when>",
    "speak HTTP/2 with targets: where both sides offer it (on), with clients that offer nothing else (alone), or never (off)",
  )
    .choices(["on", "alone", "off"])
    .default("alone");
}
