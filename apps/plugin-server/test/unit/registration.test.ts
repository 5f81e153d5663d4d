import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { pollValidityMs, Registration, secondSideGraceMs } from "../../src/registration.ts";

describe("which sides a host has registered", () => {
  it("are those that it polls, in the order of the endpoints", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    expect(registration.sides()).toEqual([]);
    registration.polled("client", "info");
    registration.polled("server", "info");
    expect(registration.sides()).toEqual(["server", "client"]);
  });

  it("end some time after the last poll", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    registration.polled("server", "info");
    clock.advance(pollValidityMs);
    registration.polled("client", "info");
    expect(registration.sides()).toEqual(["server", "client"]);
    clock.advance(1);
    expect(registration.sides()).toEqual(["client"]);
  });

  it("are called incomplete only when the second has had its time", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    expect(registration.missing()).toBeUndefined();
    registration.polled("server", "info");
    expect(registration.missing()).toBeUndefined();
    clock.advance(secondSideGraceMs);
    expect(registration.missing()).toBe("client");
    registration.polled("client", "info");
    expect(registration.missing()).toBeUndefined();
  });

  it("lack nothing where one endpoint alone is open", () => {
    const clock = manualTimers();
    const registration = new Registration(["server"], clock.now);
    registration.polled("server", "info");
    clock.advance(secondSideGraceMs);
    expect(registration.missing()).toBeUndefined();
  });

  it("are back, told once for both, where a host asks for health first: it was there before", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    expect(registration.polled("server", "health")).toBe(true);
    expect(registration.polled("server", "info")).toBe(false);
    expect(registration.polled("client", "health")).toBe(false);
    clock.advance(10_000);
    expect(registration.polled("server", "health")).toBe(false);
  });

  it("are new, and not back, where a host asks for the info first", () => {
    const registration = new Registration(["server", "client"], manualTimers().now);
    expect(registration.polled("server", "info")).toBe(false);
    expect(registration.polled("server", "health")).toBe(false);
    expect(registration.polled("client", "info")).toBe(false);
  });

  it("are back behind a silence", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    registration.polled("server", "info");
    clock.advance(pollValidityMs);
    expect(registration.polled("server", "health")).toBe(false);
    clock.advance(pollValidityMs + 1);
    expect(registration.polled("server", "health")).toBe(true);
    clock.advance(pollValidityMs + 1);
    expect(registration.polled("server", "health")).toBe(true);
  });

  it("know our health when each was asked for it since, and not by an info that follows an answer from before", () => {
    const clock = manualTimers();
    const registration = new Registration(["server", "client"], clock.now);
    registration.polled("server", "health");
    registration.polled("client", "health");
    clock.advance(1000);
    const sinceMs = clock.now();
    clock.advance(1);
    registration.polled("server", "info");
    registration.polled("client", "health");
    expect(registration.isHealthKnownSince(sinceMs)).toBe(false);
    registration.polled("server", "health");
    expect(registration.isHealthKnownSince(sinceMs)).toBe(true);
  });

  it("know our health where no host polls", () => {
    expect(new Registration(["server", "client"], manualTimers().now).isHealthKnownSince(0)).toBe(true);
  });
});
