/** Numbers of RFC 8446 (section 6.2 of alerts, 4 of handshakes, 5.1 of records) and of RFC 5246, as they are printed there. Not made from our tables. */
import { expect, it } from "vitest";
import {
  AlertLevel,
  alertDescriptionName,
  ContentType,
  contentTypeName,
  HandshakeType,
} from "../../src/index.ts";

it.each([
  [0, "close_notify"],
  [10, "unexpected_message"],
  [20, "bad_record_mac"],
  [22, "record_overflow"],
  [40, "handshake_failure"],
  [42, "bad_certificate"],
  [43, "unsupported_certificate"],
  [44, "certificate_revoked"],
  [45, "certificate_expired"],
  [46, "certificate_unknown"],
  [47, "illegal_parameter"],
  [48, "unknown_ca"],
  [49, "access_denied"],
  [50, "decode_error"],
  [51, "decrypt_error"],
  [70, "protocol_version"],
  [71, "insufficient_security"],
  [80, "internal_error"],
  [86, "inappropriate_fallback"],
  [90, "user_canceled"],
  [100, "no_renegotiation"],
  [109, "missing_extension"],
  [110, "unsupported_extension"],
  [112, "unrecognized_name"],
  [113, "bad_certificate_status_response"],
  [115, "unknown_psk_identity"],
  [116, "certificate_required"],
  [120, "no_application_protocol"],
])("alert %i is %s", (description, name) => {
  expect(alertDescriptionName(description)).toBe(name);
});

it("a warning is 1, and what is fatal 2", () => {
  expect(AlertLevel).toEqual({ warning: 1, fatal: 2 });
});

it("records are of five types", () => {
  expect([20, 21, 22, 23, 24].map(contentTypeName)).toEqual([
    "changeCipherSpec",
    "alert",
    "handshake",
    "applicationData",
    "heartbeat",
  ]);
  expect(Object.keys(ContentType)).toHaveLength(5);
});

it("messages of a handshake have the numbers of both versions", () => {
  expect(HandshakeType).toMatchObject({
    ...{ helloRequest: 0, clientHello: 1, serverHello: 2, newSessionTicket: 4, endOfEarlyData: 5 },
    ...{ encryptedExtensions: 8, certificate: 11, serverKeyExchange: 12, certificateRequest: 13 },
    ...{ serverHelloDone: 14, certificateVerify: 15, clientKeyExchange: 16, finished: 20 },
    ...{ certificateStatus: 22, keyUpdate: 24, messageHash: 254 },
  });
});
