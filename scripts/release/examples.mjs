// The examples of all READMEs as programs: a reader who copies one has what the README's install lines name, and a file around it.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What an example leaves to its reader, and what it says when it is used. Of a package without a row here, each block is a
 * module of its own, which has to compile and to run.
 *
 * - `joined`: the blocks are one module
 * - `without`: numbers of blocks that are fragments and no programs
 * - `files`: what the example imports or opens; `before`, `after`: code around each block, by its number
 * - `says`: what is to stand in what it prints, by the number of the block
 */
const readers = {
  "@faultwire/cert-authority": {
    after: { 0: 'console.log((await serveTls("ca")).join());' },
    says: { 0: "trusted,UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  },
  "@faultwire/connect-unary": {
    files: { "gen/echo_pb.ts": "packages/connect-unary/test/support/echo-service.ts" },
    after: { 0: 'server.once("listening", () => server.close(() => console.log("served")));' },
    says: { 0: "served" },
  },
  "@faultwire/connection-protocol": {
    after: {
      0: `server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address() as { port: number };
  console.log(await ask(\`http://127.0.0.1:\${port}\`, "up.example"));
  server.close();
});`,
    },
    says: { 0: "passThrough" },
  },
  "@faultwire/fault-engine": {
    after: { 0: 'console.log(answer.split("\\r\\n")[0]);' },
    says: { 0: "HTTP/1.1 529 Overloaded" },
  },
  "@faultwire/fetch-faults": {
    without: [0],
    before: {
      1: 'import { createServer } from "node:http";',
      // The third is for a page: this one is served on loopback.
      2: `import { createServer } from "node:http";
const server = createServer((_, response) => response.end("fine"));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as { port: number };
Object.assign(globalThis, { location: new URL(\`http://127.0.0.1:\${port}/\`) });`,
    },
    after: {
      2: `const statuses = new Set<number>();
for (let n = 0; n < 60; n++) statuses.add((await failing(\`\${location.href}v1/messages\`)).status);
console.log([...statuses].sort().join());
server.close();
server.closeAllConnections();`,
      1: `const server = createServer((_, response) => response.end("fine")).listen(0, "127.0.0.1", async () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify(await ask(\`http://127.0.0.1:\${port}/v1/messages\`)));
  server.close();
  server.closeAllConnections();
});`,
    },
    says: { 1: '{"statuses":[529,200],"attempts":2}', 2: "200,529" },
  },
  "@faultwire/http1": {
    after: {
      0: `const [said] = answersTo([new TextEncoder().encode("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")]) ?? [];
console.log(new TextDecoder().decode(said).split("\\r\\n")[0]);`,
    },
    says: { 0: "HTTP/1.1 503 Service Unavailable" },
  },
  "@faultwire/llm-mock": {
    after: {
      0: "console.log(JSON.stringify(await askTwice()));",
      1: 'console.log(await driveAgent("What is the weather?"));',
    },
    says: { 0: '"same":true', 1: "It is 12 degrees in Bern." },
  },
  "@faultwire/node-hook": { after: { 0: 'program.on("error", () => {});' } },
  "@faultwire/plugin-server": { says: { 0: "--grpc-plugin http://127.0.0.1:" } },
  "@faultwire/proxy": { joined: true, says: { 0: "http://api.anthropic.com/v1/models: 529" } },
  // There may be no Python here: then the program can't be started, which is not the example's fault.
  "@faultwire/python-hook": { after: { 0: 'program.on("error", () => {});' } },
  "@faultwire/run-environment": {
    before: { 0: 'const folder = "trust";' },
    says: { 0: "http://127.0.0.1:3180" },
  },
  "@faultwire/runtime": {
    files: { "faults.yaml": "version: 1\nrules:\n  - { name: busy, fault: { http: { status: 529 } } }\n" },
    says: { 0: "agent/1.0#1: busy" },
  },
  "@faultwire/tls-fingerprint": {
    after: { 0: "console.log(String(fingerprintsOf(Uint8Array.of(22, 3, 1))));" },
    says: { 0: "undefined" },
  },
  "@faultwire/tls-parser": {
    after: { 2: 'console.log(Buffer.from(refusal).toString("hex"));' },
    says: { 2: "15030300020228" },
  },
  "@faultwire/tunnel": {
    before: { 0: "const answers: (string | undefined)[] = [];\nconst events: string[] = [];" },
    after: { 0: "cancelled();\nconsole.log(answers.join(), events.length > 0);" },
    says: { 0: "replace true" },
  },
};

/** The `ts` blocks of a README. */
export const blocksOf = (readme) => [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);

/** What a README says that is to be installed: the packages of all of its `npm install` lines, each once. */
export function installedPackages(readme) {
  const words = [...readme.matchAll(/^npm install (.+)$/gm)].flatMap(([, line]) => line.split(/\s+/));
  return [...new Set(words.filter((word) => /^@?[\w/.-]+$/.test(word) && !word.startsWith("-")))];
}

/**
 * @param name of a package @param readme its README @param root of the repository
 * @returns the `programs`, each with its `file` and what it `says`, and all `files` by their paths
 */
export function examplesOf(name, readme, root) {
  const { joined, without = [], files: given = {}, before = {}, after = {}, says = {} } = readers[name] ?? {};
  const blocks = blocksOf(readme);
  const texts = joined ? [blocks.join("\n")] : blocks;
  const files = {};
  for (const [path, content] of Object.entries(given))
    files[path] = path.endsWith(".ts") ? readFileSync(join(root, content), "utf8") : content;
  const programs = [];
  for (const [at, text] of texts.entries()) {
    if (without.includes(at)) continue;
    const file = `example-${at + 1}`;
    files[`${file}.ts`] = `${before[at] ?? ""}\n${text}\n${after[at] ?? ""}\nexport {};\n`;
    programs.push({ file, says: says[at] ?? "" });
  }
  return { programs, files };
}
