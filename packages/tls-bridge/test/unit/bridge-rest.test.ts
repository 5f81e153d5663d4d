/** Bridges that rest: their keys go on in other bridges. */
import type { SecureVersion } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it } from "vitest";
import {
  type BridgeAtRest,
  type BridgeFailure,
  SecureContextCache,
  TlsBridge,
  type TlsBridgeHandler,
} from "../../src/index.ts";
import { otherSide } from "../support/bridged.ts";
import { carry, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("bridge rest");
const HOST = "origin.test";
const contexts = new SecureContextCache();
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

class Rig {
  readonly client: MemoryPeer;
  readonly server: MemoryPeer;
  readonly failures: BridgeFailure[] = [];
  bridge: TlsBridge;
  readonly #handler: TlsBridgeHandler = {
    established() {},
    data: (from, plaintext) => this.bridge.write(otherSide(from), plaintext),
    closeNotify: (from) => this.bridge.closeNotify(otherSide(from)),
    alert() {},
    failed: (failure) => this.failures.push(failure),
  };

  constructor(version: SecureVersion) {
    this.client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, maxVersion: version });
    this.server = MemoryPeer.server({ ...authority.issue(HOST) });
    this.bridge = new TlsBridge({
      identityFor: async ({ serverName, keyType }) => authority.issue(serverName, keyType),
      upstream: { caPem: [authority.caPem] },
      contexts,
      handler: this.#handler,
    });
  }

  async carry(): Promise<void> {
    await carry(this.client, this.bridge, this.server, { lockstep: false });
  }

  /** Another bridge goes on in the place of this one. */
  rest(): BridgeAtRest {
    const { atRest } = this.bridge;
    if (!atRest) throw new Error("the bridge can't rest");
    this.bridge = TlsBridge.resume(atRest, this.#handler);
    return atRest;
  }
}

describe.each(versions)("a bridge of %s that rested", (version) => {
  it("carries what both peers say, as often as it rests, and their ends", async () => {
    const rig = new Rig(version);
    expect(rig.bridge.atRest).toBe(undefined);
    await rig.carry();
    for (let turn = 1; turn <= 3; turn++) {
      rig.rest();
      rig.client.socket.write(`asked ${turn}`);
      await rig.carry();
      rig.rest();
      rig.server.socket.write(`said ${turn}`);
      await rig.carry();
      expect(rig.bridge.recordsTo("client")).toBe(turn);
    }
    expect(Buffer.concat(rig.server.received).toString()).toBe("asked 1asked 2asked 3");
    expect(Buffer.concat(rig.client.received).toString()).toBe("said 1said 2said 3");
    if (version === "TLSv1.3") {
      rig.rest();
      rig.bridge.updateKeys("client", true);
      await rig.carry();
      rig.rest();
      rig.server.socket.write(", and with new keys");
      await rig.carry();
      expect(Buffer.concat(rig.client.received).toString()).toContain("said 3, and with new keys");
    }
    rig.client.socket.end();
    await rig.carry();
    expect(rig.server.hasEnded).toBe(true);
    expect(rig.bridge.atRest).toBe(undefined);
    expect(rig.failures).toEqual([]);
  });

  it("is not at rest while a record is under way, or something waits to be taken", async () => {
    const rig = new Rig(version);
    await rig.carry();
    rig.bridge.write("client", Buffer.from("waits"));
    expect(rig.bridge.atRest).toBe(undefined);
    await rig.carry();
    expect(rig.bridge.atRest).not.toBe(undefined);
    rig.bridge.push("server", Uint8Array.of(23, 3, 3));
    expect(rig.bridge.atRest).toBe(undefined);
  });
});
