import { connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Outgoing } from "../../src/upstream/outgoing.ts";

it("knows a connection that comes from an end of ours, as long as that is open", async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const outgoing = new Outgoing();
  const [ours, others] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  outgoing.add(ours);
  await expect.poll(() => accepted.length).toBe(2);
  await expect.poll(() => ours.readyState === "open" && others.readyState === "open").toBe(true);
  const known = accepted.filter((socket) => outgoing.has(socket));
  expect(known.map(({ remotePort }) => remotePort)).toEqual([ours.localPort]);
  // The same end, as a socket that listens for both families tells it.
  const mapped = "::ffff:127.0.0.1";
  const { localPort } = ours;
  const ends = { remoteAddress: mapped, remotePort: localPort, localAddress: mapped, localPort: port };
  expect(outgoing.has(ends)).toBe(true);
  // A system gives a client of the proxy's the same port, toward another place of this machine.
  expect(outgoing.has({ ...ends, localPort: port === 1 ? 2 : 1 })).toBe(false);
  ours.destroy();
  others.destroy();
  await expect.poll(() => outgoing.has(ends)).toBe(false);
});
