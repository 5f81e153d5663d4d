/** Node's own reader of HTTP/1.1 (llhttp), by the door that Node itself uses; the same in Node 20 to 26. */
import { createRequire } from "node:module";

/** A message, as far as both readers are compared. */
export interface Message {
  /** `METHOD target`, or a status. */
  readonly start: string;
  /** How many fields its head has. */
  readonly headers: number;
  body: string;
}

interface Parser {
  initialize(type: number, resource: object): void;
  execute(bytes: Uint8Array): number | Error;
  finish(): Error | undefined;
  [callback: number]: unknown;
}
interface Binding {
  readonly HTTPParser: (new () => Parser) & Record<string, number>;
  readonly methods: readonly string[];
}

const common: Binding = createRequire(import.meta.url)("_http_common") as Binding;
const { HTTPParser } = common;

/** What llhttp makes of bytes: messages that came to their end, in front of an error. */
export function llhttpMessages(
  bytes: Uint8Array,
  isRequest: boolean,
): {
  readonly messages: readonly Message[];
  readonly refused: string | undefined;
  readonly isUpgrade: boolean;
} {
  const parser = new HTTPParser();
  parser.initialize(isRequest ? HTTPParser["REQUEST"]! : HTTPParser["RESPONSE"]!, {});
  const messages: Message[] = [];
  let current: Message | undefined;
  let early: string[] = [];
  let earlyUrl = "";
  let isUpgrade = false;
  parser[HTTPParser["kOnHeaders"]!] = (headers: string[], url: string) => {
    early.push(...headers);
    earlyUrl += url;
  };
  parser[HTTPParser["kOnHeadersComplete"]!] = (
    _major: number,
    _minor: number,
    headers: string[] | undefined,
    method: number | undefined,
    url: string | undefined,
    status: number | undefined,
    _message: string | undefined,
    upgrade: boolean,
  ): number => {
    const all = headers ?? early;
    current = {
      start: isRequest ? `${common.methods[method ?? -1]} ${url ?? earlyUrl}` : String(status),
      headers: all.length / 2,
      body: "",
    };
    early = [];
    earlyUrl = "";
    isUpgrade ||= upgrade;
    // A server that knows no upgrade goes on as if nothing had been said of it.
    return upgrade && isRequest ? 2 : 0;
  };
  parser[HTTPParser["kOnBody"]!] = (chunk: Uint8Array) => {
    if (current) current.body += Buffer.from(chunk).toString("latin1");
  };
  parser[HTTPParser["kOnMessageComplete"]!] = () => {
    if (current) messages.push(current);
    current = undefined;
    early = [];
    earlyUrl = "";
  };
  const outcome = parser.execute(Buffer.from(bytes));
  const end = outcome instanceof Error ? outcome : parser.finish();
  const refused = end instanceof Error ? ((end as Error & { code?: string }).code ?? end.message) : undefined;
  return { messages, refused, isUpgrade };
}
