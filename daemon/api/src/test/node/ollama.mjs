// Ollama's own JavaScript client against the daemon. Arguments: its address, the key.
// Prints one line of JSON with what it saw; the Java test looks at it.
import {Ollama} from 'ollama';

const [host, key] = process.argv.slice(2);
const client = new Ollama({host, headers: {Authorization: `Bearer ${key}`}});
const question = {
  model: 'omni-seed-f16',
  options: {temperature: 0},
  messages: [{role: 'user', content: 'What is 7 plus 5?'}],
};

const chat = await client.chat(question);

const pieces = [];
let last;
for await (const part of await client.chat({...question, stream: true})) {
  pieces.push(part.message.content);
  last = part;
}

const generated = await client.generate({model: 'omni-seed-f16:latest', prompt: 'What is 7 plus 5?', options: {temperature: 0}});
const form = await client.chat({
  ...question,
  format: {type: 'object', properties: {sum: {type: 'integer', minimum: 0, maximum: 99}}, required: ['sum']},
});
const embedded = await client.embed({model: 'omni-seed-f16', input: ['Mara lives in Oslo.', 'A bird.']});
const loaded = await client.generate({model: 'omni-seed-f16', prompt: ''});
const running = await client.ps();
const unloaded = await client.generate({model: 'omni-seed-f16', prompt: '', keep_alive: 0});
const left = await client.ps();

const refusal = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return {name: error.name, status: error.status_code, error: error.error};
  }
};

const names = async () => (await client.list()).models.map((model) => model.name);
const list = (await client.list()).models;
const pulled = [];
for await (const part of await client.pull({model: 'acme/other:1b', stream: true})) {
  pulled.push(part);
}
const then = await names();
await client.delete({model: 'acme/other:1b'});

console.log(JSON.stringify({
  pulled,
  then,
  afterwards: await names(),
  chat,
  pieces,
  last,
  generated,
  form: JSON.parse(form.message.content),
  dimensions: embedded.embeddings.map((vector) => vector.length),
  embedded: {...embedded, embeddings: null},
  loaded,
  running: running.models,
  unloaded,
  left: left.models,
  list,
  shown: await client.show({model: 'omni-seed-f16'}),
  version: await client.version(),
  absent: await refusal(() => client.chat({...question, model: 'nowhere'})),
  refused: await refusal(() => client.chat({...question, options: {temperature: 3}})),
  keyless: await refusal(() => new Ollama({host}).list()),
}));
