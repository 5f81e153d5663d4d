/** The codes of RFC 6455 section 7.4.1 and of IANA's registry, by the names that rules have for them. */
import { expect, it } from "vitest";
import { CLOSE_CODES } from "../../src/index.ts";

it("each name has the number of the registry", () => {
  expect(Object.entries(CLOSE_CODES)).toEqual([
    ["normal", 1000],
    ["going-away", 1001],
    ["protocol-error", 1002],
    ["unsupported-data", 1003],
    ["no-status", 1005],
    ["abnormal", 1006],
    ["invalid-payload", 1007],
    ["policy-violation", 1008],
    ["message-too-big", 1009],
    ["mandatory-extension", 1010],
    ["internal-error", 1011],
    ["service-restart", 1012],
    ["try-again-later", 1013],
    ["bad-gateway", 1014],
    ["tls-handshake", 1015],
  ]);
});
