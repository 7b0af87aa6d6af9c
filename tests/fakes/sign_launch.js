// Signs a form as an LTI 1.1 platform does, by npm's ims-lti, which is not ours.
// Usage: node sign_launch.js FOLDER < {"url", "fields", "secret"}; prints the signature.
const path = require("path");
const folder = process.argv[2];
const Signer = require(path.join(folder, "node_modules", "ims-lti", "lib", "hmac-sha1.js"));
const { url, fields, secret } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const address = new URL(url);
const query = Object.fromEntries(address.searchParams);
const plain = `${address.origin}${address.pathname}`;
process.stdout.write(new Signer().build_signature_raw(plain, { query }, "POST", fields, secret));
