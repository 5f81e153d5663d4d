/** What the hook does in Python programs that need no package; `npm run interop:run` has those with packages. */

import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { type StubProxy, startStubProxy, target } from "@faultwire/testkit/stub-proxy";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasPython, hookFolder, Programs } from "../support/run-python.ts";

let proxy: StubProxy;
let programs: Programs;
let local: Server;
let localPort: number;
beforeAll(async () => {
  proxy = await startStubProxy();
  programs = new Programs(proxy);
  local = createServer((_request, response) => response.end("local"));
  await new Promise<void>((resolve) => local.listen(0, "127.0.0.1", resolve));
  localPort = (local.address() as AddressInfo).port;
});
afterAll(async () => {
  programs.dispose();
  local.close();
  await proxy.close();
});
beforeEach(() => void proxy.wanted.splice(0));

const get = (url: string): string => `
import urllib.error, urllib.request
try:
    print(urllib.request.urlopen("${url}").status)
except urllib.error.HTTPError as error:
    print(error.code)
`;
const led = { status: 0, stdout: "429\n", stderr: "" };

describe.runIf(hasPython)("a connection to a target goes to the proxy, made by", () => {
  it.each([
    ["urllib", get(`https://${target}/`), 443],
    ["urllib, in clear", get(`http://${target}:8080/`), 8080],
    [
      "http.client",
      `
import http.client
connection = http.client.HTTPSConnection("${target}", timeout=20, source_address=("127.0.0.9", 0))
connection.request("GET", "/")
print(connection.getresponse().status)
`,
      443,
    ],
    [
      "a socket",
      `
import socket
with socket.create_connection(("${target}".upper() + ".", 1234), 20) as sock:
    sock.sendall(b"GET / HTTP/1.1\\r\\nhost: a\\r\\nconnection: close\\r\\n\\r\\n")
    print(sock.recv(65536).split()[1].decode())
`,
      1234,
    ],
    [
      "a child",
      `
import subprocess, sys
subprocess.run([sys.executable, "-c", '''${get(`https://${target}/`)}'''], check=True)
`,
      443,
    ],
  ])("%s", async (_what, source, port) => {
    expect(await programs.run(source)).toEqual(led);
    expect(proxy.wanted).toEqual([`${target}:${port}`]);
  });
});

describe.runIf(hasPython)("a connection goes where the program wants it", () => {
  it("on this machine", async () => {
    expect(await programs.run(get(`http://127.0.0.1:${localPort}/`))).toEqual({ ...led, stdout: "200\n" });
    expect(proxy.wanted).toEqual([]);
  });

  it("unless this machine is a target", async () => {
    expect(
      await programs.run(get(`http://localhost:${localPort}/`), { FAULTWIRE_TARGETS: "local*t" }),
    ).toEqual(led);
    expect(proxy.wanted).toEqual([`localhost:${localPort}`]);
  });

  it("to the proxy, by its own protocol", async () => {
    const source = get(`http://localhost:${proxy.port}/`);
    expect(await programs.run(source, { FAULTWIRE_TARGETS: "*" })).toEqual(led);
    expect(proxy.wanted).toEqual(["direct"]);
  });
});

it.runIf(hasPython)("decides as the hook for Node does", async () => {
  const cases: ReadonlyArray<[targets: string, noProxy: string, host: string, port: number, led: boolean]> = [
    ["api.a.test", "*", "api.a.test", 9, true],
    ["api.a.test", "", "xapi.a.test", 9, false],
    ["*.a.test", "", "b.c.a.test", 9, true],
    ["*.a.test", "", "a.test", 9, false],
    ["a*b*b", "", "ab", 9, false],
    ["a*b*b", "", "axbyb", 9, true],
    ["a*a", "", "a", 9, false],
    ["", "", "other.test", 443, true],
    ["", "", "other.test", 80, true],
    ["", "", "other.test", 5432, false],
    ["", ".test", "other.test", 443, false],
    ["", "*.test:443", "other.test", 443, false],
    ["", "other.test:444", "other.test", 443, true],
    ["", "ther.test", "other.test", 443, true],
    ["", "*", "other.test", 443, false],
    ["", "fe80::1", "fe80::1", 443, false],
    ["", "[fe80::1]:444", "fe80::1", 443, true],
    ["", "[fe80::1]:443", "fe80::1", 443, false],
    ["", "", "127.1.2.3", 443, false],
    ["", "", "::ffff:127.0.0.1", 443, false],
    ["", "", "a.localhost", 443, false],
    ["", "", "127.0.0.1.test", 443, true],
  ];
  const source = `
import json, sys
sys.path.insert(0, ${JSON.stringify(hookFolder)})
from faultwire_hook import Settings
for targets, no_proxy, host, port, led in json.loads(${JSON.stringify(JSON.stringify(cases))}):
    settings = Settings({"FAULTWIRE_PROXY": "http://127.0.0.1:3180", "FAULTWIRE_TARGETS": targets, "NO_PROXY": no_proxy})
    if settings.leads(host, port) != led:
        print(targets, no_proxy, host, port)
`;
  expect(await programs.run(source)).toEqual({ status: 0, stdout: "", stderr: "" });
});

describe.runIf(hasPython)("modules of packages", () => {
  const packageOf = (name: string, files: Readonly<Record<string, string>>): string => {
    const folder = join(programs.folder, name);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      programs.write(join(name, file), text);
    }
    return folder;
  };

  it("have their patch when the program imports them, and keep what Python says of them", async () => {
    packageOf("aiohttp", {
      "__init__.py": "from .client import ClientSession",
      "client.py":
        "class ClientSession:\n    def __init__(self, *, trust_env=False):\n        'words'\n        self.trust_env = trust_env",
    });
    packageOf("certifi", {
      "__init__.py": "from .core import contents, where",
      "core.py": "def where(): return 'own'\ndef contents(): return 'own'",
    });
    const source = `
import sys
assert "aiohttp" not in sys.modules
import aiohttp, certifi, inspect
print(aiohttp.ClientSession().trust_env, aiohttp.ClientSession(trust_env=False).trust_env)
print(inspect.signature(aiohttp.ClientSession), aiohttp.ClientSession.__init__.__doc__)
print(type(aiohttp.client.__loader__).__name__, type(aiohttp.client.__spec__.loader).__name__)
print(certifi.where() == ${JSON.stringify(join(programs.folder, "ca.pem"))}, certifi.contents()[:10])
`;
    expect(await programs.run(source)).toEqual({
      status: 0,
      stdout: "True True\n(*, trust_env=False) words\nSourceFileLoader SourceFileLoader\nTrue -----BEGIN\n",
      stderr: "",
    });
  });

  it("that have changed are told in one line, and work as without us", async () => {
    packageOf("urllib3", { "__init__.py": "", "util/__init__.py": "", "util/connection.py": "" });
    packageOf("truststore", { "__init__.py": "", "_api.py": "" });
    const { status, stdout, stderr } = await programs.run(
      "import urllib3.util.connection, truststore._api; print(1)",
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n" });
    expect(stderr).toMatch(/^faultwire: the hook for Python does not work here.*create_connection.*\n$/);
  });
});

describe.runIf(hasPython)("the hook breaks nothing", () => {
  const say =
    "import sys; print([path for path in sys.path if path.endswith('python')], 'socket' in sys.modules)";

  it("leaves sys.path as it was, and imports nothing for the program", async () => {
    expect(await programs.run(say)).toEqual({ status: 0, stdout: "[] False\n", stderr: "" });
  });

  it("is silent without a proxy", async () => {
    expect(await programs.run(say, { FAULTWIRE_PROXY: "" })).toEqual({
      status: 0,
      stdout: "[] False\n",
      stderr: "",
    });
  });

  it("says one line where its settings mean nothing", async () => {
    const { status, stdout, stderr } = await programs.run("print(1)", { FAULTWIRE_PROXY: "nonsense" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n" });
    expect(stderr).toMatch(
      /^faultwire: the hook for Python .*FAULTWIRE_PROXY is not of the form http:\/\/HOST:PORT\n$/,
    );
  });

  it("leaves the error of a proxy that is gone to the program", async () => {
    const source = `
import socket
try:
    socket.create_connection(("${target}", 443))
except ConnectionRefusedError:
    print("refused")
`;
    expect(await programs.run(source, { FAULTWIRE_PROXY: "http://127.0.0.1:1" })).toEqual({
      ...led,
      stdout: "refused\n",
    });
  });

  describe("and a sitecustomize of the user's own", () => {
    const withOwn = (own: string, source: string) => {
      const folder = join(programs.folder, "own");
      mkdirSync(folder, { recursive: true });
      programs.write("own/sitecustomize.py", own);
      return programs.run(source, { PYTHONPATH: [hookFolder, folder].join(delimiter) });
    };

    it("runs, is the one that the program imports, and may change the path", async () => {
      const source = "import sitecustomize, sys; print(sitecustomize.mark, sys.path[-1])";
      expect(await withOwn("import sys; mark = 'own'; sys.path.append('/added')", source)).toEqual({
        status: 0,
        stdout: "own /added\n",
        stderr: "",
      });
    });

    it.each([["raise ValueError('broken')"], ["import a_module_that_is_not_there"], ["this is no Python"]])(
      "that is broken (%s) is told as Python tells it",
      async (own) => {
        const source = get(`https://${target}/`);
        const { status, stdout, stderr } = await withOwn(own, source);
        const bare = await programs.run("", { PYTHONPATH: join(programs.folder, "own") });
        expect(bare.stderr).not.toBe("");
        expect(stderr).toBe(bare.stderr);
        if (status === 0) expect(stdout).toBe("429\n");
        else expect(status).toBe(bare.status);
      },
    );
  });
});
