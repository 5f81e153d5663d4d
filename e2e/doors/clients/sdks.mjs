// Anthropic's or OpenAI's SDK as a program uses it: the base URL comes from the environment. Prints how often it asked, and
// the answer.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

let asked = 0;
const counted = (...args) => {
  asked++;
  return fetch(...args);
};
const messages = [{ role: "user", content: "hello" }];
const ask = {
  async anthropic() {
    const client = new Anthropic({ apiKey: "key", fetch: counted });
    return (await client.messages.create({ model: "m", max_tokens: 8, messages })).content[0].text;
  },
  async "anthropic-stream"() {
    const client = new Anthropic({ apiKey: "key", fetch: counted });
    return client.messages.stream({ model: "m", max_tokens: 8, messages }).finalText();
  },
  async openai() {
    const client = new OpenAI({ apiKey: "key", fetch: counted });
    return (await client.chat.completions.create({ model: "m", messages })).choices[0].message.content;
  },
}[process.argv[2]];
const text = await ask();
console.log(`${asked} ${text}`);
