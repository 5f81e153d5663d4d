import {
  GetPluginCapabilitiesResponse_SupportedProtocol,
  GetPluginInfoResponse_Direction,
  GetPluginInfoResponse_Side,
  healthy,
  PluginService,
  pluginCapabilities,
  pluginInfo,
  pluginMethodNames,
  pluginMethodPaths,
  pluginServiceName,
  unhealthy,
} from "@faultwire/fault-protocol";
import { describe, expect, it } from "vitest";

describe("answers before any traffic", () => {
  it("healthy and unhealthy", () => {
    expect(healthy()).toMatchObject({ healthy: true, message: "" });
    expect(healthy("fine")).toMatchObject({ healthy: true, message: "fine" });
    expect(unhealthy("draining")).toMatchObject({ healthy: false, message: "draining" });
  });

  it("info with what is needed only: both directions, the rest empty", () => {
    expect(pluginInfo({ name: "n", version: "1", side: "client" })).toMatchObject({
      name: "n",
      version: "1",
      author: "",
      url: "",
      platform: "",
      direction: GetPluginInfoResponse_Direction.BOTH,
      side: GetPluginInfoResponse_Side.CLIENT,
    });
  });

  it("info with everything", () => {
    const whole = { name: "n", version: "1", author: "a", url: "u", platform: "p" };
    expect(pluginInfo({ ...whole, side: "server", direction: "ingress" })).toMatchObject({
      ...whole,
      direction: GetPluginInfoResponse_Direction.INGRESS,
      side: GetPluginInfoResponse_Side.SERVER,
    });
    expect(pluginInfo({ ...whole, side: "any", direction: "egress" })).toMatchObject({
      direction: GetPluginInfoResponse_Direction.EGRESS,
      side: GetPluginInfoResponse_Side.ANY,
    });
  });

  it("capabilities", () => {
    const protocols = ["none", "http", "https", "postgresql"] as const;
    expect(pluginCapabilities({ httpForward: true, tunnel: false, protocols })).toMatchObject({
      canHandleHttpForward: true,
      canHandleTunnel: false,
      protocols: [
        GetPluginCapabilitiesResponse_SupportedProtocol.NONE,
        GetPluginCapabilitiesResponse_SupportedProtocol.HTTP,
        GetPluginCapabilitiesResponse_SupportedProtocol.HTTPS,
        GetPluginCapabilitiesResponse_SupportedProtocol.POSTGRESQL,
      ],
    });
    expect(pluginCapabilities({ httpForward: false, tunnel: true })).toMatchObject({
      canHandleHttpForward: false,
      canHandleTunnel: true,
      protocols: [],
    });
  });
});

describe("names of the service", () => {
  it("are those of the generated code", () => {
    expect(pluginServiceName).toBe(PluginService.typeName);
    expect(pluginMethodNames).toEqual(
      Object.fromEntries(PluginService.methods.map(({ localName, name }) => [localName, name])),
    );
  });

  it("make the paths of gRPC", () => {
    for (const { localName, name } of PluginService.methods)
      expect(pluginMethodPaths).toHaveProperty(localName, `/plugin.PluginService/${name}`);
    expect(Object.keys(pluginMethodPaths)).toHaveLength(6);
  });
});
