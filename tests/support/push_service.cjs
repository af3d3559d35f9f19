// A browser and its push service in one: it subscribes, checks who sends, decrypts, and tells what it could read.
//
//   push_service.cjs PORT
const { PushApiModel } = require("web-push-testing/src/PushApiModel.js");
const Server = require("web-push-testing/src/server.js");

new Server(new PushApiModel(), Number(process.argv[2])).startServer();
// The test's end of the pipe is closed when the test is gone: then so is this.
process.stdin.resume().on("end", () => process.exit(0));
