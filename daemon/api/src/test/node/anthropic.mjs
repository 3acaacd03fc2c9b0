// Anthropic's own JavaScript client against the daemon. Argument: its address. The key is in ANTHROPIC_API_KEY.
// Prints one line of JSON with what it saw; the Java test looks at it.
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({baseURL: process.argv[2], maxRetries: 0});
const question = {
  model: 'omni-seed-f16',
  max_tokens: 64,
  top_k: 1,
  messages: [{role: 'user', content: 'What is 7 plus 5?'}],
};

const message = await client.messages.create(question);

const events = [];
for await (const event of await client.messages.create({...question, stream: true})) {
  events.push(event.type);
}
const stream = client.messages.stream({...question, stop_sequences: [' is']});
const pieces = [];
stream.on('text', (text) => pieces.push(text));
const stopped = await stream.finalMessage();

const form = await client.messages.create({
  ...question,
  output_config: {
    format: {
      type: 'json_schema',
      schema: {type: 'object', properties: {sum: {type: 'integer', minimum: 0, maximum: 99}}, required: ['sum'], additionalProperties: false},
    },
  },
});
const counted = await client.messages.countTokens({model: 'omni-seed-f16', messages: question.messages});
const models = [];
for await (const model of client.models.list({limit: 1})) {
  models.push(model);
}

const refusal = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return {name: error.constructor.name, status: error.status, type: error.error?.error?.type, request: error.requestID};
  }
};

console.log(JSON.stringify({
  message,
  events,
  pieces,
  stopped,
  form: JSON.parse(form.content[0].text),
  counted,
  models,
  model: await client.models.retrieve('omni-seed-f16'),
  absent: await refusal(() => client.messages.create({...question, model: 'nowhere'})),
  refused: await refusal(() => client.messages.create({...question, max_tokens: 0})),
  keyless: await refusal(() => client.withOptions({apiKey: 'wrong'}).messages.create(question)),
}));
