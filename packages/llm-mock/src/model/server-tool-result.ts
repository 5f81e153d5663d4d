/** What came of a call of a tool that the provider runs, where a script does not say it. */
export function serverToolResult(tool: string, input: unknown): unknown {
  if (tool === "web_search")
    return [{ url: "https://example.com/", title: "Example", text: "A page for examples." }];
  if (tool === "web_fetch") return { url: "https://example.com/", text: "A page for examples." };
  if (tool.includes("code") || tool.includes("bash")) return { stdout: "42\n", stderr: "", returnCode: 0 };
  return input;
}
