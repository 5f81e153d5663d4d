import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { pollValidityMs, Registration, secondSideGraceMs } from "../../src/registration.ts";

describe("which sides a host has registered", () => {
  it("are those that it polls, in the order of the endpoints", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    expect(registration.sides()).toEqual([]);
    registration.polled("client");
    registration.polled("server");
    expect(registration.sides()).toEqual(["server", "client"]);
  });

  it("end some time after the last poll", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    registration.polled("server");
    clock.advance(pollValidityMs - 1);
    registration.polled("client");
    expect(registration.sides()).toEqual(["server", "client"]);
    clock.advance(2);
    expect(registration.sides()).toEqual(["client"]);
  });

  it("are called incomplete only when the second has had its time", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    expect(registration.missing()).toBeUndefined();
    registration.polled("server");
    expect(registration.missing()).toBeUndefined();
    clock.advance(secondSideGraceMs);
    expect(registration.missing()).toBe("client");
    registration.polled("client");
    expect(registration.missing()).toBeUndefined();
  });

  it("lack nothing where one endpoint alone is open", () => {
    const clock = manualTimers();
    const registration = new Registration(["server"], clock.now);
    registration.polled("server");
    clock.advance(secondSideGraceMs);
    expect(registration.missing()).toBeUndefined();
  });
});
