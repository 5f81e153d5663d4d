/** A real browser, driven over its debugging pipe: the page itself is neither changed nor helped by a script. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** An open page. */
export interface Page {
  /** Goes to an address and waits until everything is loaded. */
  open(url: string): Promise<void>;
  /** Sets the size of the window, in CSS pixels. */
  resize(width: number, height: number): Promise<void>;
  /** Looks at the page as somebody does who prefers this scheme of colours, on a screen or on paper. */
  show(scheme: "light" | "dark", medium?: "screen" | "print"): Promise<void>;
  /** The value of an expression, which has to be JSON. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** What the window shows of the page, and the rest below it: PNG. */
  screenshot(): Promise<Buffer>;
  /** Every address that the page has asked for. */
  readonly requests: readonly string[];
  /** What the browser said on its console: errors, refused resources. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** A message of the debugging protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** Sends one command and resolves with its result. */
type Send = (method: string, params?: object) => Promise<unknown>;

/**
 * Starts Debian's Chromium without a window.
 *
 * @param flags - More of its own, such as `--host-resolver-rules`.
 * @throws Error where there is none.
 */
export async function openPage(...flags: readonly string[]): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), "faultwire-chromium-"));
  const child = spawn(
    "chromium",
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"],
      ...["--disable-background-networking", "--no-proxy-server", `--user-data-dir=${profile}`],
      ...flags,
      ...["--remote-debugging-pipe", "about:blank"],
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = once(child, "close");
  await once(child, "spawn");
  const requests: string[] = [];
  const complaints: string[] = [];
  const waiting = new Map<number, (message: Message) => void>();
  let loaded: () => void = () => {};
  const onMessage = (message: Message): void => {
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    switch (message.method) {
      case "Network.requestWillBeSent":
        requests.push((message.params as { request: { url: string } }).request.url);
        break;
      case "Log.entryAdded":
        complaints.push((message.params as { entry: { text: string } }).entry.text);
        break;
      case "Page.loadEventFired":
        loaded();
        break;
      default:
    }
  };
  readMessages(child.stdio[4] as Readable, onMessage);
  const pipe = child.stdio[3] as Writable;
  let lastId = 0;
  const sendAs = (sessionId: string | undefined): Send => {
    return async (method, params = {}) => {
      const id = ++lastId;
      const answered = new Promise<Message>((resolve) => waiting.set(id, resolve));
      pipe.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
      const { error, result } = await answered;
      waiting.delete(id);
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    };
  };
  const browser = sendAs(undefined);
  const { targetInfos } = (await browser("Target.getTargets")) as {
    targetInfos: readonly { readonly type: string; readonly targetId: string }[];
  };
  const targetId = targetInfos.find(({ type }) => type === "page")?.targetId;
  const attached = await browser("Target.attachToTarget", { targetId, flatten: true });
  const page = sendAs((attached as { sessionId: string }).sessionId);
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await page(`${domain}.enable`);
  return {
    requests,
    complaints,
    async open(url) {
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      await page("Page.navigate", { url });
      await done;
    },
    async resize(width, height) {
      await page("Emulation.setDeviceMetricsOverride", {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: false,
      });
    },
    async show(scheme, medium = "screen") {
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await page("Emulation.setEmulatedMedia", { media: medium, features });
    },
    async evaluate<Value>(expression: string) {
      const answer = await page("Runtime.evaluate", { expression, returnByValue: true });
      const { result, exceptionDetails } = answer as {
        readonly result: { readonly value: Value };
        readonly exceptionDetails?: { readonly text: string };
      };
      if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
      return result.value;
    },
    async screenshot() {
      const { cssContentSize } = (await page("Page.getLayoutMetrics")) as {
        readonly cssContentSize: { readonly width: number; readonly height: number };
      };
      const clip = { x: 0, y: 0, ...cssContentSize, scale: 1 };
      const shot = await page("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
      return Buffer.from((shot as { data: string }).data, "base64");
    },
    async close() {
      await browser("Browser.close");
      await ended;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Messages end with a zero byte. */
function readMessages(stream: Readable, onMessage: (message: Message) => void): void {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const messages = text.split("\0");
    text = messages.pop() ?? "";
    for (const message of messages) onMessage(JSON.parse(message) as Message);
  });
}
