// Uploads a file by npm's tus-js-client, which is not ours, and prints what it asked.
// Usage: node upload_by_tus.js FOLDER < {"endpoint", "path", "memory", "headers",
// "metadata", "sliceBytes", "dies"}; it dies in the midst of the second slice, or goes on
// with what an earlier run left in its memory. One line of JSON for each request.
const fs = require("fs");
const path = require("path");
const tus = require(path.join(process.argv[2], "node_modules", "tus-js-client"));
const asked = JSON.parse(fs.readFileSync(0, "utf8"));

// A client that is killed while it sends: the slice is not whole, whatever the speed.
class DyingStack extends tus.DefaultHttpStack {
  createRequest(method, url) {
    const request = super.createRequest(method, url);
    const send = request.send.bind(request);
    let read = 0;
    request.send = (body) => {
      const isLater = Number(request.getHeader("Upload-Offset")) > 0;
      if (body && isLater) {
        body.on("data", (piece) => {
          read += piece.length;
          if (read > asked.sliceBytes / 2) process.exit(9);
        });
      }
      return send(body);
    };
    return request;
  }
}

const note = (request, answer) => {
  const offset = answer.getHeader("Upload-Offset");
  const line = {
    method: request.getMethod(),
    begins: request.getHeader("Upload-Offset") || null,
    status: answer.getStatus(),
    stands: offset || null,
  };
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
};
const upload = new tus.Upload(fs.createReadStream(asked.path), {
  endpoint: asked.endpoint,
  headers: asked.headers,
  metadata: asked.metadata,
  chunkSize: asked.sliceBytes,
  urlStorage: new tus.FileUrlStorage(asked.memory),
  onAfterResponse: note,
  ...(asked.dies ? { httpStack: new DyingStack() } : {}),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
});
upload.findPreviousUploads().then((earlier) => {
  if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
  upload.start();
});
