/** TLS that the proxy ends for a client: what is heard of it in clear, and how it fails. */

import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { type BridgeFailure, SecureContextCache } from "@faultwire/tls-bridge";
import { expect, it } from "vitest";
import { ClientTlsLine } from "../../src/sockets/client-tls-line.ts";
import { PlayedLine, rememberingEars } from "../support/played-line.ts";
import { runProxy } from "../support/running-proxy.ts";

interface Rig {
  readonly line: ClientTlsLine;
  readonly inner: PlayedLine;
  readonly heard: string[];
  readonly failures: BridgeFailure[];
}

function rig(
  identityFor: ConstructorParameters<typeof ClientTlsLine>[1]["identityFor"] = () =>
    Promise.reject(new Error("none")),
): Rig {
  const inner = new PlayedLine();
  const failures: BridgeFailure[] = [];
  const line = new ClientTlsLine(inner, {
    identityFor,
    issuerKey: undefined,
    host: "api.test",
    contexts: new SecureContextCache(),
    onFailed: (failure) => failures.push(failure),
    guard: (act) => act(),
  });
  const { ears, heard } = rememberingEars();
  line.listen(ears);
  return { line, inner, heard, failures };
}

it("what is no TLS is told as a failure, answered with an alert, and breaks off what is said in clear", () => {
  const { line, inner, heard, failures } = rig();
  inner.ears.data(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  expect(failures).toHaveLength(1);
  expect(inner.done).toEqual(["write 7", "fin"]);
  expect([inner.written[0]?.[0], heard, line.peerEnd]).toEqual([0x15, ["reset"], "reset"]);
  // Told once, however the client goes on.
  inner.ears.ended("fin");
  inner.ears.ended("reset");
  expect(heard).toEqual(["reset"]);
});

it("nothing is written before the handshake, and an end is one of TCP alone", () => {
  const { line, inner } = rig();
  line.write(Buffer.from("in clear"));
  expect(inner.done).toEqual([]);
  line.end("fin");
  line.end("reset");
  line.write(Buffer.from("in clear"));
  expect([inner.done, line.hasEnded]).toEqual([["fin"], true]);
});

it("the end of the line is the end of what is said in clear, and its close is told once", () => {
  const { inner, heard } = rig();
  inner.ears.drained();
  inner.ears.ended("fin");
  inner.ears.ended("fin");
  inner.ears.ended("reset");
  inner.ears.closed();
  inner.ears.closed();
  expect(heard).toEqual(["drained", "fin", "reset", "closed"]);
});

it("passes what both say, and the orderly end of each", async () => {
  const { runtime, caPem } = await runProxy();
  const { line, inner, heard, failures } = rig(({ serverName, keyType }) =>
    runtime.authority!.forHost(serverName, { keyType }),
  );
  const client = TlsMemoryPeer.client({ servername: "api.test", ca: caPem });
  let given = 0;
  const turn = async (): Promise<void> => {
    inner.ears.data(await client.take());
    for (; given < inner.written.length; given++) client.give(inner.written[given]!);
  };
  const turned = async <T>(look: () => T): Promise<T> => {
    await turn();
    return look();
  };
  client.socket.write("ping");
  await expect.poll(() => turned(() => heard)).toContain("data ping");
  line.write(Buffer.from("pong"));
  await expect.poll(() => turned(() => client.text)).toBe("pong");
  line.end("fin");
  await expect.poll(() => turned(() => client.hasEnded)).toBe(true);
  expect([inner.done.at(-1), client.error, failures]).toEqual(["fin", undefined, []]);
  client.socket.end();
  await expect.poll(() => turned(() => heard.at(-1))).toBe("fin");
  expect(line.peerEnd).toBe("fin");
});
