import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("ollama");
const clientFor = ({ headers }) => new module.Ollama({ host: "http://ollama.test:80", headers });
const body = { model: "llama3.2", messages: [{ role: "user", content: "count" }] };

await answer({
  name: "ollama",
  versions: { ollama: version },
  limits: "It has no option for a time limit.",
  // Its class is not exported.
  isOwn: (error) => error.constructor.name === "ResponseError",
  surfaces: [
    {
      name: "chat",
      title: "`chat()`",
      mode: "plain",
      ask: async (options, say) => {
        const answered = await clientFor(options).chat(body);
        say(answered.message?.content);
        return answered.done_reason;
      },
    },
    {
      name: "stream",
      title: "`chat({ stream: true })`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const line of await clientFor(options).chat({ ...body, stream: true })) {
          say(line.message?.content);
          end = line.done_reason ?? end;
        }
        return end;
      },
    },
  ],
});
