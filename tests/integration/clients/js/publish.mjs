// Publishes tasks and reads their results with NATS' official client for JavaScript, knowing nothing of Muster but
// subjects and headers.
//
//   node publish.mjs URL QUEUE COUNT
//
// Prints one JSON line for each result: {"subject", "bytes"} (the bytes of a muster.v1.TaskResult in base64).
import { connect, headers } from "@nats-io/transport-node";
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";

const [url, queue, count] = process.argv.slice(2);
const connection = await connect({ servers: url });
const stream = jetstream(connection);

for (let i = 0; i < Number(count); i += 1) {
  const head = headers();
  head.set("Muster-Id", `js-${i}`);
  head.set("Muster-Timeout", "30s");
  const receipt = await stream.publish(`muster.tasks.high.${queue}`, new TextEncoder().encode(`payload ${i}`),
    { headers: head });
  if (receipt.stream !== "MUSTER_TASKS_HIGH") throw new Error(`stored in ${receipt.stream}`);
}

const manager = await jetstreamManager(connection);
const consumer = await manager.consumers.add("MUSTER_RESULTS", {
  ack_policy: AckPolicy.None,
  deliver_policy: DeliverPolicy.All,
  filter_subject: "muster.results.*",
});
const messages = await (await stream.consumers.get("MUSTER_RESULTS", consumer.name)).consume();
let results = 0;
for await (const message of messages) {
  console.log(JSON.stringify({ subject: message.subject, bytes: Buffer.from(message.data).toString("base64") }));
  results += 1;
  if (results === Number(count)) break;
}
await connection.close();
