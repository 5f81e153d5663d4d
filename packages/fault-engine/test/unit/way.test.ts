import { describe, expect, it } from "vitest";
import { FAULT_KINDS } from "../../src/index.ts";
import { abilitiesOf, wayTable } from "../../src/internal.ts";

describe("ways", () => {
  const tunnel = {
    name: "tunnel",
    abilities: abilitiesOf({
      "connection.reset": "instead: a FIN",
      "tls.certificate": "the handshake is | not ours",
    }),
  };

  it("can do what is not excepted", () => {
    expect(tunnel.abilities["http.error"]).toEqual({ kind: "yes" });
    expect(tunnel.abilities["connection.reset"]).toEqual({ kind: "instead", does: "a FIN" });
    expect(tunnel.abilities["tls.certificate"]).toEqual({
      kind: "no",
      reason: "the handshake is | not ours",
    });
  });

  it("stand in a table with a row for every fault", () => {
    const lines = wayTable([tunnel, { name: "proxy", abilities: abilitiesOf({}) }])
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(FAULT_KINDS.length + 2);
    expect(lines[0]).toBe("| fault | tunnel | proxy |");
    expect(lines).toContain("| `connection.reset` | instead: a FIN | yes |");
    expect(lines).toContain("| `tls.certificate` | no: the handshake is \\| not ours | yes |");
  });
});
