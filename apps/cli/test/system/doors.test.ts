/** How clients find `faultwire proxy` and `faultwire start`, with flags as a user gives them. */
import { request as httpRequest } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { runFaultwire, startFaultwire } from "../faultwire-process.ts";

/** A request in origin form: status and body. */
function ask(
  url: string,
  headers: Record<string, string> = {},
): Promise<readonly [number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (more: string) => (text += more));
      response.on("end", () => resolve([response.statusCode, text]));
    });
    request.on("error", reject).end();
  });
}

async function proxy(...flags: string[]): Promise<string> {
  const running = await startFaultwire("proxy", ...flags);
  onTestFinished(async () => void (await running.stop()));
  return running.ready.proxy ?? "";
}

describe("faultwire proxy", () => {
  it("answers by a base URL as the rules say, without a CA or a proxy variable", async () => {
    const url = await proxy("--error-probability", "1", "--status-code", "529");
    const [status, text] = await ask(`${url}/anthropic/v1/messages`);
    expect(status).toBe(529);
    expect(JSON.parse(text)).toMatchObject({ error: { type: "overloaded_error" } });
  });

  it("stands for an upstream, which is the target then", async () => {
    const flags = ["--error-probability", "1", "--status-code", "503"];
    const url = await proxy("--reverse", "https://api.example.test/v1", ...flags);
    expect((await ask(`${url}/models`))[0]).toBe(503);
  });

  it("stands for an address, for which no CA of ours can have a certificate: clients in clear need none", async () => {
    const url = await proxy(
      "--reverse",
      "http://127.0.0.1:9",
      "--error-probability",
      "1",
      "--status-code",
      "503",
    );
    expect((await ask(`${url}/models`))[0]).toBe(503);
  });

  it("is found by a name of its own, and by pages of an origin that was named", async () => {
    const url = await proxy("--own-name", "faults.test", "--allow-origin", "http://localhost:5173");
    expect((await ask(`${url}/ca.pem`, { host: "faults.test" }))[0]).toBe(200);
    expect((await ask(`${url}/ca.pem`, { host: "other.test" }))[0]).toBe(421);
    expect((await ask(`${url}/ca.pem`, { origin: "http://localhost:5173" }))[0]).toBe(200);
    expect((await ask(`${url}/ca.pem`, { origin: "http://localhost:5174" }))[0]).toBe(403);
  });

  it.each([
    [["--reverse", "api.example.test"], /"api\.example\.test" is no upstream/],
    // Its host would have to be certified, and can't be: that is not what is wrong.
    [["--reverse", "ftp://127.0.0.1"], /"ftp:\/\/127\.0\.0\.1" is no upstream/],
    [
      ["--reverse", "http://a.test", "--reverse", "http://b.test"],
      /One expected; "http:\/\/a\.test" was given before/,
    ],
    [["--sni-default", "a b"], /"a b" is no name of a host/],
    [["--own-name", "a:1"], /"a:1" is no name of a host/],
    [["--allow-origin", "*"], /"\*" is no origin of a page/],
  ])("does not start with %j, and says why", async (flags, why) => {
    const { status, stderr } = await runFaultwire(["proxy", "--port", "0", ...flags]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(why);
  });
});

describe("faultwire start", () => {
  it("has its mock answer for a target in clear as well, so that nothing leaves this machine", async () => {
    const running = await startFaultwire("start", "--no-plugin", "--error-probability", "0");
    onTestFinished(async () => void (await running.stop()));
    const url = `${running.ready.proxy}/upstream/http/api.anthropic.com/v1/models`;
    const [status, text] = await ask(url, { "x-api-key": "any", "anthropic-version": "2023-06-01" });
    expect({ status, text }).toMatchObject({ status: 200, text: expect.stringContaining("claude") });
  });
});
