/** Events of `application/vnd.amazon.eventstream`. */
import { textHeader, writeFrame } from "@faultwire/fault-engine/internal";

/** The media type of such a stream. */
export const AWS_EVENT_STREAM = "application/vnd.amazon.eventstream";

/** An event of a name, its payload as JSON. */
export const awsEvent = (type: string, payload: object): Uint8Array =>
  writeFrame({
    headers: [
      textHeader(":event-type", type),
      textHeader(":content-type", "application/json"),
      textHeader(":message-type", "event"),
    ],
    payload: Buffer.from(JSON.stringify(payload)),
  });
