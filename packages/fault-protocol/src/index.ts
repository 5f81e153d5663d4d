export * from "./gen/plugin/plugin_pb.ts";
