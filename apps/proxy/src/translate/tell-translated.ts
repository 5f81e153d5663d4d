import type { FrontConnection } from "../front/front-connection.ts";
import { endsAtStandIn } from "../stand-in/ends-at-stand-in.ts";
import type { Authority } from "../upstream/authority.ts";

/** Tells that a client and an upstream have no version of HTTP in common, so that what they say is translated. */
export function tellTranslated(
  { id, context }: Pick<FrontConnection, "id" | "context">,
  authority: Authority,
  { client, upstream }: { readonly client: string; readonly upstream: string },
): void {
  const { host } = authority;
  const who = endsAtStandIn(context, authority) ? `what stands in for ${host}` : host;
  context.runtime.logger.info(
    { event: "translated", connection: id, host, client, upstream },
    `${who} has ${upstream} alone; what the client says by ${client} is translated`,
  );
}
