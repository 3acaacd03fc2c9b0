// Node's own clients against the API by TLS. Arguments: base URL, the file of omni cert export. The key is in OPENAI_API_KEY.
// Prints one line of JSON: each request's status, or the code of what went wrong.
import {readFileSync} from 'node:fs';
import {request} from 'node:https';

const [base, pem] = process.argv.slice(2);
const headers = {authorization: `Bearer ${process.env.OPENAI_API_KEY}`};

const ask = (options) =>
  new Promise((done) => {
    request(`${base}/v1/models`, {agent: false, ...options}, (response) => {
      response.resume().on('end', () => done(response.statusCode));
    })
      .on('error', (error) => done(error.code))
      .end();
  });

const byFetch = () =>
  fetch(`${base}/v1/models`, {headers}).then(
    (response) => response.status,
    (error) => error.cause.code,
  );

const ca = readFileSync(pem);
console.log(
  JSON.stringify({
    trusting: await ask({ca, headers}),
    keyless: await ask({ca}),
    distrusting: await ask({headers}),
    fetch: await byFetch(),
  }),
);
