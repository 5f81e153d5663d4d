// Hellos that real programs sent, against the second implementation and against each other.

import { helloVectors, oddHellos } from "@faultwire/testkit/tls-vectors";
import { ClientHelloReader } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { ja3, ja3Full, ja4, ja4o, ja4r, ja4ro } from "../../src/index.ts";
import { referenceOf } from "../support/reference.ts";

const hellos = [...helloVectors(), ...oddHellos()].flatMap(({ name, bytes }) => {
  const result = new ClientHelloReader({ malformedExtensions: "keep" }).push(bytes);
  return result.status === "done" ? [{ name, ...result }] : [];
});

describe("captured hellos", () => {
  it("are there", () => {
    expect(hellos.length).toBeGreaterThan(20);
  });

  it.each(hellos)("have the fingerprints of a second implementation: $name", ({ clientHello, message }) => {
    expect({
      ja3Full: ja3Full(clientHello),
      ja3: ja3(clientHello),
      ja4: ja4(clientHello),
      ja4r: ja4r(clientHello),
      ja4o: ja4o(clientHello),
      ja4ro: ja4ro(clientHello),
    }).toEqual(referenceOf(message.subarray(4)));
  });
});
