/** HTTP/1.1 and HTTP/2 on one port. */
import { connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";
import { soon } from "@faultwire/testkit/soon";
import { expect, it } from "vitest";
import { startLlmMock } from "../../src/index.ts";
import { post, userSays } from "./anthropic-client.ts";

it("a client that begins with HTTP/2 gets it, one that does not gets HTTP/1.1", async () => {
  const mock = await startLlmMock();
  const session = connect(mock.url);
  try {
    const body = { messages: [{ role: "user", content: [{ text: "hello" }] }] };
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/model/m/converse-stream",
      authorization: "any",
    });
    stream.end(JSON.stringify(body));
    const bytes: Buffer[] = [];
    let status: unknown;
    stream.on("response", (headers) => {
      status = headers[":status"];
    });
    for await (const chunk of stream) bytes.push(chunk);
    expect(status).toBe(200);
    expect(Buffer.concat(bytes).toString("latin1")).toContain("messageStop");
    expect((await post(`${mock.url}/v1/messages`, userSays("hi"))).status).toBe(200);
    expect(mock.requests.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ["bedrock", "answered"],
      ["anthropic", "answered"],
    ]);
  } finally {
    session.destroy();
    await mock.close();
  }
});

it("is told apart though the first bytes come one by one", async () => {
  const mock = await startLlmMock();
  try {
    const socket = connectSocket(mock.port, "127.0.0.1").setNoDelay();
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    for (const byte of "PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n") {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await soon(new Promise((resolve) => socket.once("close", resolve)), "the event close of socket");
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
  } finally {
    await mock.close();
  }
});
