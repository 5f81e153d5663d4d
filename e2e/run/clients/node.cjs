// CommonJS: the client is required before anything else.
const https = require("node:https");

https
  .request(`${process.argv[2]}/v1/messages`, { method: "POST" }, (response) => {
    response.resume().on("end", () => console.log(`status=${response.statusCode}`));
  })
  .end("{}");
