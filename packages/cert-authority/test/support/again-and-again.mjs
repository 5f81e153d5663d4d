// Does one thing with the CA of a home again and again once its standard input says so, and prints a line for each.
// `node again-and-again.mjs OPERATION HOME TIMES`
import { operations } from "./operations.mjs";

const [operation, home, times] = process.argv.slice(2);

async function once() {
  try {
    const ca = await operations[operation](home);
    const leaf = await ca.forHost("a.example");
    return leaf.certificate.verify(ca.certificate.publicKey) ? ca.fingerprint256 : "a key of another CA";
  } catch (error) {
    return `failed: ${error.code} ${error.message}`;
  }
}

process.stdout.write("ready\n");
for await (const _ of process.stdin) break;
for (let round = 0; round < Number(times); round++) process.stdout.write(`${await once()}\n`);
process.exit();
