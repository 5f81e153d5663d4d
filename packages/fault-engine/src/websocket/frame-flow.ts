import type { FrameItem } from "@faultwire/websocket";

/** How far one side has come: whole messages, and whether it is within a frame or a message. */
export class FrameFlow {
  #messages = 0;
  #isInFrame = false;
  #isInMessage = false;
  #hasClosed = false;
  #isLost = false;

  /** Messages that are whole. */
  get messages(): number {
    return this.#messages;
  }
  get isBetweenFrames(): boolean {
    return !this.#isInFrame;
  }
  get isBetweenMessages(): boolean {
    return !this.#isInFrame && !this.#isInMessage;
  }
  /** It has said a close. */
  get hasClosed(): boolean {
    return this.#hasClosed;
  }
  /** Its frames can't be read any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Takes an item in. @returns whether a message is whole with it. */
  take(item: FrameItem): boolean {
    if (item.kind === "head") {
      this.#isInFrame = true;
      this.#isInMessage ||= item.type === "text" || item.type === "binary";
    } else if (item.kind === "malformed" || item.kind === "opaque") this.#isLost = true;
    if (item.kind !== "end") return false;
    this.#isInFrame = false;
    this.#hasClosed ||= item.type === "close";
    if (item.message === null) return false;
    this.#isInMessage = false;
    this.#messages++;
    return true;
  }
}
