// Node's own fetch, which follows HTTPS_PROXY by NODE_USE_ENV_PROXY=1. Prints the statuses.
const statuses = [];
for (let count = 0; count < 2; count++) {
  const response = await fetch(`${process.env.API_URL}/v1/messages`, { method: "POST", body: "{}" });
  await response.text();
  statuses.push(response.status);
}
console.log(statuses.join(" "));
