// A client of another maker sends to the push service that the tests run: what it takes is then not only what we make of
// Apple's documentation. Prints what it was told.
//
//   apns_client.cjs PORT KEY KEY_ID TEAM_ID TOPIC DEVICE…
const fs = require("node:fs");
const apn = require("@parse/node-apn");

const [port, key, keyId, teamId, topic, ...devices] = process.argv.slice(2);
const provider = new apn.Provider({
  token: { key: fs.readFileSync(key), keyId, teamId },
  address: "localhost",
  port: Number(port),
  production: false,
});
const note = new apn.Notification({ alert: { title: "Title", body: "Body" }, topic, sound: "default" });
note.id = "00000000-0000-8000-8000-000000000042";
note.collapseId = "kia";
note.expiry = Math.floor(Date.now() / 1000) + 3600;
note.priority = 10;
note.pushType = "alert";

async function main() {
  const told = { sent: [], failed: [] };
  // One after the other: this client does not wait to be let in.
  for (const device of devices) {
    const { sent, failed } = await provider.send(note, device);
    told.sent.push(...sent);
    told.failed.push(...failed);
  }
  console.log(JSON.stringify(told));
  await provider.shutdown();
}

main().then(() => process.exit(0));
