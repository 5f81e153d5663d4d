import { openRecorder } from "@faultwire/recordings";

/** Keeps one exchange that somebody has seen on a connection. */
export async function keep(folder: string, request: Uint8Array, response: Uint8Array): Promise<number> {
  const recorder = await openRecorder({ folder });
  const tap = recorder.tap({ scheme: "https", host: "api.example.com", protocol: "http/1.1" });
  tap.toUpstream(request);
  tap.fromUpstream(response);
  await recorder.close();
  return recorder.written();
}
