/** Requests of HTTP/2 to the port itself: each is for an upstream, by its path or because the port stands for one. */
import { requestHeadOf } from "@faultwire/fault-session/internal";
import { type Header, type HttpResponse, RequestReader } from "@faultwire/http1";
import { fieldValue, type HeaderSection } from "@faultwire/http2";
import type { ProxyContext } from "../proxy-context.ts";
import { authorityText } from "../upstream/authority.ts";
import type { ForwardedRequest } from "./absolute-form.ts";
import { type Addressed, type Door, readAddressed } from "./addressed.ts";
import { type Alias, aliasCookie, aliasKey, aliasLocation } from "./alias.ts";
import { jsonResponse, textResponse } from "./own-answers.ts";
import { challenge } from "./proxy-auth.ts";

/** Whom a request is for, or what it is answered. */
export type Routed =
  | { readonly kind: "forward"; readonly request: ForwardedRequest }
  | { readonly kind: "answer"; readonly response: HttpResponse; readonly why: string };

/** Reads whom a request is for, as one of HTTP/1.1 with the same fields. */
export function routeOf(
  section: HeaderSection,
  endStream: boolean,
  context: ProxyContext,
  door: Door,
): Routed {
  const head = requestHeadOf(section, endStream);
  if (context.auth?.admits(head.headers) === false) {
    const why = "a client has not given the proxy's user and password";
    return answered(textResponse(407, "This proxy asks for a user and a password.", [challenge]), why);
  }
  return routedAs(readAddressed(head, context, door));
}

function routedAs(addressed: Addressed): Routed {
  switch (addressed.kind) {
    case "forward":
      return addressed;
    case "refused": {
      const { status, type, reason, headers } = addressed.refusal;
      return answered(jsonResponse(status, type, reason, headers), reason);
    }
    case "connect":
    case "own": {
      const what = addressed.kind === "own" ? "the proxy's own pages are" : "CONNECT to the proxy is";
      const reason = `${what} there by HTTP/1.1 alone`;
      return answered(jsonResponse(421, "misdirected_request", reason), reason);
    }
    default:
      return addressed satisfies never;
  }
}

const answered = (response: HttpResponse, why: string): Routed => ({ kind: "answer", response, why });

/** What two requests have to have in common for one connection. */
export const routeKey = ({ scheme, authority, alias }: ForwardedRequest): string =>
  `${scheme}://${authorityText(authority)} ${alias ? aliasKey(alias) : ""}`;

/** A response's head as the client has to read it. */
export function aliasSection(section: HeaderSection, alias: Alias, target: string): HeaderSection {
  const fields = section.fields.map((field): Header => {
    const [name, value] = field;
    const said =
      name === "location"
        ? aliasLocation(value, alias, target)
        : name === "set-cookie"
          ? aliasCookie(value, alias)
          : value;
    return said === value ? field : [name, said];
  });
  return { fields, neverIndexed: section.neverIndexed };
}

/** The request as HTTP/2 has it, with what was changed in it. Fields that are as they were keep their marks. */
export function turned(
  { fields, neverIndexed }: HeaderSection,
  { scheme, head }: ForwardedRequest,
): HeaderSection {
  const [read] = new RequestReader().push(head);
  if (read?.kind !== "head") return { fields, neverIndexed };
  const host = fieldValue(read.headers, "host") ?? read.headers.find(([name]) => name === "Host")?.[1] ?? "";
  const hasHost = fieldValue(fields, "host") !== undefined;
  const pseudo = fields.flatMap(([name, value]): Header[] => {
    if (!name.startsWith(":")) return [];
    if (name === ":path") return [[name, read.target]];
    if (name === ":authority") return [[name, host]];
    return [[name, name === ":scheme" ? scheme : value]];
  });
  const before = fields.filter(([name]) => !name.startsWith(":"));
  const regular = read.headers.flatMap(([name, value]): Header[] => {
    const lower = name.toLowerCase();
    if (lower === "host") return hasHost ? [[lower, value]] : [];
    const at = before.findIndex(([found, said]) => found === lower && said === value);
    return at === -1 ? [[lower, value]] : before.splice(at, 1);
  });
  return { fields: [...pseudo, ...regular], neverIndexed };
}
