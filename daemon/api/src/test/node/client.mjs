// OpenAI's own JavaScript client against the daemon. Arguments: base URL. The key is in OPENAI_API_KEY.
// Prints one line of JSON with what it saw; the Java test looks at it.
import OpenAI from 'openai';

const client = new OpenAI({baseURL: process.argv[2], maxRetries: 0});
const question = {
  model: 'default',
  temperature: 0,
  messages: [{role: 'user', content: 'What is 7 plus 5?'}],
};

const chat = await client.chat.completions.create(question);

let streamed = '';
let chunks = 0;
let usage;
const stream = await client.chat.completions.create({
  ...question,
  stream: true,
  stream_options: {include_usage: true},
});
for await (const chunk of stream) {
  chunks++;
  streamed += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
}

const models = [];
for await (const model of client.models.list()) {
  models.push(model.id);
}

// The client asks for base64 by itself and decodes it.
const embedding = await client.embeddings.create({model: 'default', input: 'Mara lives in Oslo.'});
const numbers = await client.embeddings.create({
  model: 'default',
  input: ['Mara lives in Oslo.'],
  encoding_format: 'float',
});
const vector = embedding.data[0].embedding;
const difference = Math.max(...vector.map((value, i) => Math.abs(value - numbers.data[0].embedding[i])));

let refused;
try {
  await client.chat.completions.create({...question, temperature: 3});
} catch (error) {
  refused = {name: error.constructor.name, status: error.status, code: error.code, param: error.param};
}

console.log(JSON.stringify({
  chat: chat.choices[0].message.content,
  finish: chat.choices[0].finish_reason,
  total: chat.usage.total_tokens,
  streamed,
  chunks,
  streamedTotal: usage.total_tokens,
  models,
  dimensions: vector.length,
  length: Math.hypot(...vector),
  difference,
  refused,
}));
