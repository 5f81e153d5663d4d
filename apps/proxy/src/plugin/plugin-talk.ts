/** What is said with a plugin about one connection. */
import { create } from "@bufbuild/protobuf";
import {
  type HostStream,
  type ProcessConnectionRequest,
  ProcessConnectionRequestSchema,
  type ProcessConnectionResponse,
  type StreamFailure,
} from "@faultwire/connection-protocol";

/** Who hears the plugin once it has accepted. */
export interface TalkEars {
  message(message: ProcessConnectionResponse["message"]): void;
  /** Undefined where the plugin has ended in order. */
  over(failure: StreamFailure | undefined): void;
}

export class PluginTalk {
  readonly #stream: HostStream;
  /** How many bytes of each peer the plugin takes before it gives more. */
  readonly pluginCreditBytes: number;
  ears: TalkEars | undefined;

  constructor(stream: HostStream, pluginCreditBytes: number) {
    this.#stream = stream;
    this.pluginCreditBytes = pluginCreditBytes;
  }

  /** @param gone - As of the stream. */
  say(message: ProcessConnectionRequest["message"], gone?: () => void): void {
    this.#stream.send(create(ProcessConnectionRequestSchema, { message }), gone);
  }

  sayBytes(peer: number, bytes: Uint8Array): void {
    this.#stream.sendBytes(peer, bytes);
  }

  /** Gives it up at once. */
  cancel(): void {
    this.ears = undefined;
    this.#stream.cancel();
  }
}
