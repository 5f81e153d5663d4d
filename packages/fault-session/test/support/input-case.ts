/**
 * Runs an input that showed a fault: a folder of `test/cases` with the rules and what each peer says.
 *
 * - `faults.yaml`: the rules
 * - `request.bin`, then `request2.bin` on the same connection where it is there: what the client says
 * - `upstream.bin`: what the upstream answers to each request; 200 with `hello` without it
 * - `options.json`: an {@link InputCaseOptions}, where anything is not the usual
 */
import { existsSync, readFileSync } from "node:fs";
import { FaultRig, type Said } from "./fault-rig.ts";
import type { Link, RigCarrier } from "./link.ts";
import { rulePolicy } from "./rule-policy.ts";

/** What is unusual about a case. */
export interface InputCaseOptions {
  /** `false`: HTTP in clear. Default HTTPS that is opened. */
  readonly tls?: boolean;
  /** The upstream closes at a carrier's own `OPTIONS /`, says nothing to it, or takes seconds. Default an empty 404 at once. */
  readonly onQuestion?: "close" | "ignore" | "slow";
  /** The upstream closes behind its answer where it is asked to. Default it leaves the connection open. */
  readonly closes?: boolean;
}

/** What a case came to. */
export interface InputCaseResult<Carried extends Link = Link> {
  readonly rig: FaultRig<Carried>;
  /** What the client got for each request, in clear. */
  readonly answers: readonly string[];
}

const hello: readonly Said[] = ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"];
const nobody = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const onQuestion = {
  close: [null],
  ignore: [],
  slow: [{ afterMs: 7000, text: nobody }],
} as const satisfies Record<string, readonly Said[]>;

/**
 * Plays a case on the carrier's own clock.
 *
 * @param name - The folder in `test/cases`.
 * @param changes - Laid over the case's own options.
 * @param ms - How long each request is waited for.
 */
export async function runInputCase<Carried extends Link>(
  carrier: RigCarrier<Carried>,
  name: string,
  changes: InputCaseOptions = {},
  ms = 300,
): Promise<InputCaseResult<Carried>> {
  const folder = new URL(`../cases/${name}/`, import.meta.url);
  const read = (file: string): string | undefined => {
    const url = new URL(file, folder);
    return existsSync(url) ? readFileSync(url, "latin1") : undefined;
  };
  const options: InputCaseOptions = { ...JSON.parse(read("options.json") ?? "{}"), ...changes };
  const said = read("upstream.bin");
  const rig = new FaultRig({
    carrier,
    way: options.tls === false ? "plain" : "decrypted",
    policy: rulePolicy(read("faults.yaml") ?? ""),
    tls: { host: "localhost" },
    answer: () => (said === undefined ? hello : [said]),
    keepsOpen: options.closes !== true,
    ...(options.onQuestion ? { onQuestion: onQuestion[options.onQuestion] } : {}),
  });
  await rig.handshake();
  const answers: string[] = [];
  for (const file of ["request.bin", "request2.bin"]) {
    const request = read(file);
    if (request === undefined) continue;
    const arrivals = await rig.exchange(request, ms);
    answers.push(arrivals.map(({ text }) => text).join(""));
  }
  return { rig, answers };
}
