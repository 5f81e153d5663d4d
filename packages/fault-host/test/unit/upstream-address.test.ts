import { describe, expect, it } from "vitest";
import { parseHostPort, parseUpstream, resolveAddress, upstreamOf } from "../../src/upstream-address.ts";

describe("where traffic wants to go", () => {
  it("is the authority, or the Host header without one", () => {
    expect(upstreamOf("api.example:443", undefined)?.authority).toBe("api.example:443");
    expect(upstreamOf("http://api.example/v1?x=1", "other.example")?.url.href).toBe(
      "http://api.example/v1?x=1",
    );
    expect(upstreamOf("/v1?x=1", "other.example:8080")?.url.href).toBe("http://other.example:8080/v1?x=1");
    expect(upstreamOf("/v1", undefined)).toBeUndefined();
    expect(upstreamOf("http://exa mple/", undefined)).toBeUndefined();
  });

  it("takes the scheme from the port: 443 is https, any other is http", () => {
    expect(upstreamOf("http://api.example:443/", undefined)?.url.href).toBe("https://api.example/");
    expect(upstreamOf("https://api.example:8443/", undefined)?.url.href).toBe("http://api.example:8443/");
    expect(upstreamOf("https://api.example/", undefined)?.authority).toBe("api.example:443");
    expect(upstreamOf("api.example:80", undefined)?.authority).toBe("api.example:80");
  });

  it("is compared with upstreams written in three ways", () => {
    expect(parseUpstream("*")).toBe("*");
    expect(parseUpstream("api.example:443")).toBe("api.example:443");
    expect(parseUpstream("https://api.example")).toBe("api.example:443");
    expect(parseUpstream("http://api.example:8080/path")).toBe("api.example:8080");
    expect(parseUpstream("api.example")).toBeUndefined();
    expect(parseUpstream("")).toBeUndefined();
  });

  it("is reached elsewhere when resolve says so, by host and port or by host alone", async () => {
    const upstream = { hostname: "api.example", port: 443, authority: "api.example:443" };
    const reached = (resolve: Record<string, string>) => resolveAddress(upstream, resolve);
    expect(await reached({ "api.example:443": "127.0.0.1:8443" })).toEqual({ host: "127.0.0.1", port: 8443 });
    expect(await reached({ "api.example": "127.0.0.1" })).toEqual({ host: "127.0.0.1", port: 443 });
    expect(await reached({ "api.example": "[::1]:8443" })).toEqual({ host: "::1", port: 8443 });
    const both = { "api.example": "127.0.0.1:1", "api.example:443": "127.0.0.1:2" };
    expect((await reached(both)).port).toBe(2);
  });

  it("reads host:port, brackets and all", () => {
    expect(parseHostPort("[::1]:80")).toEqual({ host: "::1", port: 80 });
    expect(parseHostPort("a.example:65536")).toBeUndefined();
    expect(parseHostPort("a.example")).toBeUndefined();
  });
});
