/** A line around another line: whatever a class below does not do in its own way is done by the line inside. */
import type { EndKind } from "@faultwire/fault-session";
import type { Line, LineEars } from "./line.ts";

/** A line around another line: whatever a class below does not do in its own way is done by the line inside. */
export abstract class WrappedLine implements Line {
  /** The line inside. */
  protected readonly line: Line;

  /** @param line - From now on it is this line's. */
  constructor(line: Line) {
    this.line = line;
  }

  get needsDrain(): boolean {
    return this.line.needsDrain;
  }
  get waitingBytes(): number {
    return this.line.waitingBytes;
  }
  get peerEnd(): EndKind | undefined {
    return this.line.peerEnd;
  }
  get hasEnded(): boolean {
    return this.line.hasEnded;
  }
  get isClosed(): boolean {
    return this.line.isClosed;
  }

  listen(ears: LineEars): void {
    this.line.listen(ears);
  }
  write(bytes: Uint8Array): void {
    this.line.write(bytes);
  }
  end(how: EndKind): void {
    this.line.end(how);
  }
  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void {
    this.line.whenGone(what, told);
  }
  setPaused(isPaused: boolean): void {
    this.line.setPaused(isPaused);
  }
  destroy(): void {
    this.line.destroy();
  }
}
