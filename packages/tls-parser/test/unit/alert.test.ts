import { describe, expect, it } from "vitest";
import {
  AlertDescription,
  AlertLevel,
  alertDescriptionName,
  decodeAlert,
  encodeAlert,
} from "../../src/index.ts";
import { alertDescriptionByName } from "../../src/record/alert.ts";

describe("alerts", () => {
  it("go there and back, known or not", () => {
    for (const level of [AlertLevel.warning, AlertLevel.fatal, 77])
      for (const description of [...Object.values(AlertDescription), 200])
        expect(decodeAlert(encodeAlert({ level, description }))).toEqual({ level, description });
  });

  it("are two bytes long: encrypted ones are no alerts yet", () => {
    expect(() => decodeAlert(Uint8Array.of(2))).toThrow("truncated");
    expect(() => decodeAlert(new Uint8Array(26))).toThrow("trailing-bytes");
    expect(() => encodeAlert({ level: 256, description: 0 })).toThrow("not-encodable");
  });

  it("have the names of the RFCs, both ways", () => {
    expect(alertDescriptionName(AlertDescription.closeNotify)).toBe("close_notify");
    expect(alertDescriptionName(120)).toBe("no_application_protocol");
    expect(alertDescriptionName(255)).toBeUndefined();
    expect(alertDescriptionByName("unrecognized_name")).toBe(112);
    expect(alertDescriptionByName("toString")).toBeUndefined();
    for (const description of Object.values(AlertDescription))
      expect(alertDescriptionByName(alertDescriptionName(description)!)).toBe(description);
  });
});
