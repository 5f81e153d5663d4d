// What `faultwire ca env`, `trust` and `untrust` promise, shown by the programs that they are for.

import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CertificateAuthority,
  installTrust,
  trustEnvironment,
  writeTrustFiles,
} from "@faultwire/cert-authority";
import { thisHost } from "@faultwire/cert-authority/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLeftOut, type ToolName } from "./tools.ts";
import { output } from "./verifiers.ts";

let folder: string;
let ca: CertificateAuthority;
let server: Server;
let url: string;
let variables: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-trust-"));
  ca = await CertificateAuthority.loadOrCreate({ directory: join(folder, "home"), targets: ["localhost"] });
  const leaf = await ca.forHost("localhost");
  server = createServer(
    { cert: leaf.certificateChainPem, key: leaf.privateKeyPem() },
    (request, response) => {
      // Enough of a git server for ls-remote: no references.
      const isGit = request.url?.includes("info/refs");
      if (isGit) response.setHeader("content-type", "application/x-git-upload-pack-advertisement");
      response.end(isGit ? "001e# service=git-upload-pack\n00000000" : "hello");
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  variables = trustEnvironment(await writeTrustFiles(ca, join(folder, "trust"), {}), {});
});
afterAll(async () => {
  server.close();
  await once(server, "close");
  rmSync(folder, { recursive: true, force: true });
});

/** An environment in which nothing about trust is said. */
const bare = (): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: folder,
  no_proxy: "*",
  GOCACHE: process.env["GOCACHE"] ?? join(tmpdir(), "faultwire-gocache"),
  GIT_CONFIG_NOSYSTEM: "1",
  LC_ALL: "C",
});

const java = `class Get { public static void main(String[] a) throws Exception {
  System.out.print(new String(new java.net.URL(a[0]).openStream().readAllBytes())); } }`;
/** The first build compiles Go's own library: half a minute on a quiet machine, several on a busy one. */
const goBuildMs = 900_000;
const go = `package main
import ("fmt"; "io"; "net/http"; "os")
func main() { r, err := http.Get(os.Args[1]); if err != nil { panic(err) }; b, _ := io.ReadAll(r.Body); fmt.Print(string(b)) }`;

/** A shell line a program, with the URL in $URL, that ends well only when the server is trusted. */
const programs: Readonly<Record<string, { readonly tool?: ToolName; readonly line: string }>> = {
  "Node (NODE_EXTRA_CA_CERTS)": {
    line: `"${process.execPath}" -e 'fetch(process.env.URL).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'`,
  },
  "curl (CURL_CA_BUNDLE)": { tool: "curl", line: 'curl -q -sSf "$URL"' },
  "Python (SSL_CERT_FILE)": {
    tool: "python",
    line: `python3 -c 'import os, urllib.request; urllib.request.urlopen(os.environ["URL"])'`,
  },
  "openssl s_client (SSL_CERT_FILE)": {
    tool: "openssl",
    line: 'openssl s_client -verify_return_error -connect "127.0.0.1:$PORT" </dev/null',
  },
  "git (GIT_SSL_CAINFO)": { tool: "git", line: 'git ls-remote "$URL"repository' },
  "Go (SSL_CERT_FILE)": { tool: "go", line: '"$FOLDER/get" "$URL"' },
  "Java (JAVA_TOOL_OPTIONS)": { tool: "java", line: 'java "$FOLDER/Get.java" "$URL"' },
};

describe("in an environment with our variables", () => {
  beforeAll(async () => {
    writeFileSync(join(folder, "get.go"), go);
    writeFileSync(join(folder, "Get.java"), java);
    if (isLeftOut("go")) return;
    const built = await output("go", ["build", "-o", join(folder, "get"), join(folder, "get.go")], {
      env: bare(),
    });
    expect(built.status, built.text).toBe(0);
  }, goBuildMs);

  for (const [name, { tool, line }] of Object.entries(programs)) {
    it.skipIf(tool !== undefined && isLeftOut(tool))(
      `${name} believes the server, and without them it does not`,
      async () => {
        const base = { ...bare(), URL: url, PORT: new URL(url).port, FOLDER: folder };
        const without = await output("sh", ["-c", line], { env: base });
        expect(without.status, without.text).not.toBe(0);
        const withThem = await output("sh", ["-c", line], { env: { ...base, ...variables } });
        expect(withThem.status, withThem.text).toBe(0);
      },
    );
  }
});

describe.skipIf(isLeftOut("nss"))("an NSS database", () => {
  it("trusts the CA after trust, and is as before after untrust", async () => {
    const database = join(folder, ".pki", "nssdb");
    mkdirSync(database, { recursive: true });
    await output("certutil", ["-N", "--empty-password", "-d", `sql:${database}`]);
    const list = async (): Promise<string> =>
      (await output("certutil", ["-L", "-d", `sql:${database}`])).text;
    const before = await list();
    const host = { ...thisHost(), homeDirectory: folder };
    await installTrust(ca, { host });
    expect(await list()).toMatch(/faultwire-[0-9a-f]{8} +C,,/);
    // Twice is the same as once.
    await installTrust(ca, { host });
    await installTrust(ca, { host, action: "untrust" });
    expect(await list()).toBe(before);
    await installTrust(ca, { host, action: "untrust" });
  });
});

describe.skipIf(process.env["FAULTWIRE_SYSTEM_STORE"] !== "1")("the store of this system", () => {
  it("trusts the CA after trust, and is as before after untrust", async () => {
    const isTrusted = async (): Promise<boolean> =>
      (await output("openssl", ["verify", ca.certificatePath ?? ""], { env: bare() })).status === 0;
    expect(await isTrusted()).toBe(false);
    const host = { ...thisHost(), homeDirectory: folder };
    const { done } = await installTrust(ca, { host, system: true });
    try {
      expect(await isTrusted()).toBe(true);
    } finally {
      await installTrust(ca, { host, system: true, action: "untrust" });
    }
    expect(await isTrusted()).toBe(false);
    const copied = done
      .flatMap(({ command }) => command)
      .filter((word) => word.startsWith("/usr/local/share"));
    for (const path of copied) expect(existsSync(path)).toBe(false);
  });
});
