// OpenAI's own JavaScript client through conversations, and responses in them. Arguments: base URL. The key is in OPENAI_API_KEY.
// Prints one line of JSON with what it saw; the Java test looks at it.
import OpenAI from 'openai';

const client = new OpenAI({baseURL: process.argv[2], maxRetries: 0});

const refusal = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return {name: error.constructor.name, status: error.status, code: error.code, param: error.param};
  }
};

const itemsOf = async (conversation, params) => {
  const items = [];
  for await (const item of client.conversations.items.list(conversation, params)) {
    items.push(`${item.role}: ${item.content[0].text}`);
  }
  return items;
};

const made = await client.conversations.create({metadata: {topic: 'sums'}});
const retrieved = await client.conversations.retrieve(made.id);
const updated = await client.conversations.update(made.id, {metadata: {topic: 'addition'}});

const answer = await client.responses.create({
  model: 'default',
  temperature: 0,
  input: 'What is 7 plus 5?',
  conversation: made.id,
});
const told = await itemsOf(made.id, {order: 'asc', limit: 1});

const apart = await client.responses.create({
  model: 'default',
  temperature: 0,
  input: 'What is 2 plus 2?',
  previous_response_id: answer.id,
});
const stillTold = await itemsOf(made.id, {order: 'asc'});

const added = await client.conversations.items.create(made.id, {
  items: [{type: 'message', role: 'user', content: 'Thank you.'}],
});
const item = await client.conversations.items.retrieve(added.data[0].id, {conversation_id: made.id});
const newest = (await client.conversations.items.list(made.id)).data[0];
await client.conversations.items.delete(item.id, {conversation_id: made.id});
const left = await itemsOf(made.id, {order: 'asc'});

const deleted = await client.conversations.delete(made.id);

console.log(JSON.stringify({
  made,
  retrieved,
  updated: updated.metadata,
  answer: answer.output_text,
  conversation: answer.conversation.id,
  told,
  apart: apart.conversation,
  stillTold,
  added: added.data.length,
  item: item.content[0].text,
  newest: newest.id === item.id,
  left,
  deleted,
  gone: await refusal(() => client.conversations.retrieve(made.id)),
  goneForResponses: await refusal(() => client.responses.create({model: 'default', input: 'a', conversation: made.id})),
}));
