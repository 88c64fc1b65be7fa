// Prints each comment once. Needs kafkajs; KAFKA says where Kafka is.
import kafkajs from "kafkajs";

const { Kafka, logLevel } = kafkajs;
const brokers = (process.env.KAFKA ?? "localhost:9092").split(",");
const kafka = new Kafka({ clientId: "example", brokers, logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: "example-javascript" });

// Forgotten at a restart: where that matters, use a table, as consuming.md says.
const inbox = new Set();

async function handle({ message }) {
  const ce = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, value.toString()]),
  );
  if (ce.ce_type !== "parley.comment.enriched.v1") return; // skip types you don't know
  const key = `${ce.ce_source} ${ce.ce_id}`;
  if (inbox.has(key)) return;
  const { comment } = JSON.parse(message.value.toString());
  console.log(ce.ce_id, comment.text ?? "");
  inbox.add(key);
}

process.on("SIGTERM", () => consumer.disconnect().then(() => process.exit(0)));
await consumer.connect();
await consumer.subscribe({ topic: "parley.comments.enriched.v1", fromBeginning: true });
await consumer.run({ eachMessage: handle }); // commits behind what was handled
