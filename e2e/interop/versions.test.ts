/**
 * TLS 1.2 and 1.3 on either side of every host, with origins of three TLS libraries: 100 MiB up and down, and pairs
 * that have no version in common, which have to fail as they do without us.
 */
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { seededBlocks, sha256Of } from "@faultwire/testkit/byte-origin";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { outputOf } from "../../apps/cli/test/suite/intercept/client.ts";
import { type Field, openDirectField, openField } from "../../apps/cli/test/suite/intercept/field.ts";
import {
  apiHost,
  createUpstreamAuthority,
  type UpstreamAuthority,
} from "../../apps/cli/test/suite/intercept/upstream.ts";
import { hosts } from "./hosts.ts";
import { go } from "./origins/go.ts";
import { nginx } from "./origins/nginx.ts";
import { node } from "./origins/node.ts";
import { type Origin, type StartOrigin, type TlsVersion, tlsVersions } from "./origins/origin.ts";
import { isLeftOut } from "./tools.ts";

const mib = 1024 * 1024;
const length = Number(process.env["FAULTWIRE_MIB"] ?? 100) * mib;
/** Far more than it takes, on a machine that does something else besides. */
const transferMs = 600_000;

const origins: { readonly name: string; readonly start: StartOrigin }[] = [{ name: "Node", start: node }];
if (!isLeftOut("nginx")) origins.push({ name: "nginx", start: nginx });
if (!isLeftOut("go")) origins.push({ name: "Go", start: go });

const pairs = tlsVersions.flatMap((client) => tlsVersions.map((server) => ({ client, server })));
const curlVersion: Readonly<Record<TlsVersion | "any", readonly string[]>> = {
  any: [],
  "1.2": ["--tlsv1.2", "--tls-max", "1.2"],
  "1.3": ["--tlsv1.3"],
};

let folder: string;
let sent: string;
let upstream: UpstreamAuthority;
let certificateFile: string;
let keyFile: string;
let origin: Origin | undefined;
let field: Field | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-versions-"));
  upstream = await createUpstreamAuthority();
  const leaf = await upstream.authority.forHost(apiHost);
  certificateFile = join(folder, "certificate.pem");
  keyFile = join(folder, "key.pem");
  writeFileSync(certificateFile, leaf.certificateChainPem);
  writeFileSync(keyFile, leaf.privateKeyPem(), { mode: 0o600 });
  writeFileSync(join(folder, "small"), "hello");
  await writeFile(join(folder, "download"), seededBlocks(length, 1));
  sent = sha256Of(seededBlocks(length, 1));
});
afterAll(() => {
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await field?.close();
  await origin?.close();
  field = undefined;
  origin = undefined;
});

async function hashOf(name: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(folder, name)), hash);
  return hash.digest("hex");
}

/** What curl says on its way to a file of the origin; its exit status tells how a handshake failed. */
async function curl(version: TlsVersion | "any", name: string, ...flags: readonly string[]) {
  const command = ["curl", "-q", "--silent", "--show-error", ...curlVersion[version], ...flags];
  const { status, stdout, stderr } = await outputOf(
    [...command, `https://${apiHost}/${name}`],
    field?.environment ?? {},
    { limitMs: transferMs },
  );
  return { status, stdout: stdout.toString(), stderr };
}

describe.each(hosts)("through the $name", ({ carriedBy }) => {
  describe.each(origins)("to $name", ({ name, start: startOrigin }) => {
    const settings = (version: TlsVersion) => ({ folder, certificateFile, keyFile, versions: [version] });
    const open = async (server: TlsVersion): Promise<void> => {
      origin = await startOrigin(settings(server));
      const flags = ["--error-probability", "0"];
      field = await openField({ carriedBy, originPort: origin.port, upstream, flags });
    };

    it.each(pairs.filter(({ client, server }) => client === server))(
      `${length / mib} MiB go up and come down bit for bit, TLS $client to the proxy and $server to the origin`,
      { timeout: 2 * transferMs },
      async ({ client, server }) => {
        await open(server);
        const began = performance.now();
        const up = await curl(client, "upload", "--upload-file", join(folder, "download"));
        expect(up).toMatchObject({ status: 0, stderr: "" });
        const upMs = performance.now() - began;
        expect(await hashOf("upload")).toBe(sent);
        const downBegan = performance.now();
        const down = await curl(client, "download", "--output", join(folder, "downloaded"));
        const downMs = performance.now() - downBegan;
        expect(down).toMatchObject({ status: 0, stderr: "" });
        expect(await hashOf("downloaded")).toBe(sent);
        const rate = (ms: number): string => `${(length / mib / (ms / 1000)).toFixed(1)} MiB/s`;
        console.log(`${name}, TLS ${server}: up ${rate(upMs)}, down ${rate(downMs)}`);
      },
    );

    it.each(tlsVersions)("a client of either version gets TLS %s, as the origin has it", async (server) => {
      await open(server);
      const { stdout, stderr } = await curl("any", "small", "--verbose");
      expect(stdout).toBe("hello");
      expect(stderr).toContain(`SSL connection using TLSv${server} `);
    });

    it.each(pairs.filter(({ client, server }) => client !== server))(
      "a client of TLS $client alone and an origin of $server alone fail as they do without us",
      async ({ client, server }) => {
        origin = await startOrigin(settings(server));
        field = await openDirectField(origin.port, upstream);
        const direct = await curl(client, "small");
        expect(direct.status).not.toBe(0);
        await field.close();
        await origin.close();
        await open(server);
        expect(await curl(client, "small")).toEqual(direct);
      },
    );
  });
});
