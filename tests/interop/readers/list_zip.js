// Prints size, SHA-256 and name of every member, as yauzl reads them.
const crypto = require("crypto");
const yauzl = require(process.argv[2] + "/node_modules/yauzl");

yauzl.open(process.argv[3], { lazyEntries: true, strictFileNames: true }, (error, zip) => {
  if (error) throw error;
  zip.on("error", (fault) => { throw fault; });
  zip.on("entry", (entry) => {
    if (entry.fileName.endsWith("/")) {
      const digest = crypto.createHash("sha256").digest("hex");
      process.stdout.write(`0 ${digest} ${entry.fileName}\0`);
      zip.readEntry();
      return;
    }
    zip.openReadStream(entry, (fault, stream) => {
      if (fault) throw fault;
      const digest = crypto.createHash("sha256");
      let size = 0;
      stream.on("data", (piece) => { digest.update(piece); size += piece.length; });
      stream.on("end", () => {
        process.stdout.write(`${size} ${digest.digest("hex")} ${entry.fileName}\0`);
        zip.readEntry();
      });
    });
  });
  zip.readEntry();
});
