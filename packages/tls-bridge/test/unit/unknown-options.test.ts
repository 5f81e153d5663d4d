import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { bridgeSockets, TlsBridge, TlsBridgeError, TlsClient } from "../../src/index.ts";

const handler = {
  send() {},
  established() {},
  data() {},
  closeNotify() {},
  truncated() {},
  alert() {},
  failed() {},
};
const identityFor = () => Promise.reject(new Error("nobody asks"));
/** Options as JavaScript gives them, whom no compiler warns. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is not in the types.
const loose = (options: object): any => options;

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof TlsBridgeError && error.code === "bad-option") return error.message;
    throw error;
  }
  throw new Error("not refused");
}

describe("an option that does not exist is refused with the nearest name", () => {
  it.each([
    ["identityfor", "identityFor"],
    ["version", "versions"],
    ["withoutUpstreams", "withoutUpstream"],
    ["chipherSuites", "cipherSuites"],
  ])("of a bridge: %s", (found, meant) => {
    const message = refusal(() => new TlsBridge(loose({ identityFor, handler, [found]: undefined })));
    expect(message).toContain(`TlsBridge: there is no option "${found}" (did you mean ${meant}?)`);
  });

  it("in the parts of options, too", () => {
    const upstream = loose({ unsecure: true });
    expect(refusal(() => new TlsBridge({ identityFor, handler, upstream }))).toContain(
      'TlsBridge: upstream: there is no option "unsecure" (did you mean insecure?)',
    );
    const trust = loose({ ca: "" });
    expect(refusal(() => new TlsClient({ host: "a.test", trust, handler }))).toContain(
      'TlsClient: trust: there is no option "ca"; there are caPem, ',
    );
    const handshakeAlert = loose({ at: "established", level: 2, describtion: 40 });
    expect(refusal(() => new TlsBridge({ identityFor, handler, handshakeAlert }))).toContain("description?");
  });

  it("of a client and of sockets, which have no lockstep and no handler", () => {
    expect(refusal(() => new TlsClient(loose({ host: "a.test", handler, protocol: [] })))).toContain(
      "(did you mean protocols?)",
    );
    const sockets = (options: object) =>
      refusal(() => bridgeSockets(new PassThrough(), () => new PassThrough(), loose(options)));
    expect(sockets({ identityFor, handlersFor: () => handler })).toContain("(did you mean handlerFor?)");
    expect(sockets({ identityFor, handler })).toContain('bridgeSockets: there is no option "handler"');
  });

  it("names none where none is near, and shows no more than a part of a long one", () => {
    const message = refusal(() => new TlsBridge(loose({ identityFor, handler, ["x".repeat(10_000)]: 1 })));
    expect(message).not.toContain("did you mean");
    expect(message.length).toBeLessThan(400);
  });
});
