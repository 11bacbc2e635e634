import { EventReader } from "../stream/sse";

/** What an answer says, whatever API it is of and whether it came in pieces. */
export interface Answer {
  text: string;
  reasoning: string;
  tools: { name: string; input: string }[];
  /** How it went wrong, where it says so. */
  error: string;
  /** Events that it came in; 0 where it came whole. */
  events: number;
}

/** One message of a request. */
export interface Message {
  role: string;
  text: string;
  /** Addresses of pictures, `data:` ones only: nothing is fetched. */
  pictures: string[];
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Fields = { [name: string]: Json };

/** A body as text, and its size in bytes; null where there is none. */
export function bodyOf(base64: string | null): { text: string; size: number } | null {
  if (base64 === null) return null;
  const raw = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return { text: new TextDecoder().decode(raw), size: raw.length };
}

/** JSON with every member on a line; null where it is no JSON. */
export function pretty(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

/** The messages of a request: chats, responses and plain prompts; null where it has none. */
export function messagesOf(body: string): Message[] | null {
  const request = fields(parsed(body));
  const found: Message[] = [];
  for (const name of ["system", "instructions", "prompt"]) {
    const text = contentOf(request[name] ?? null).text;
    if (text) found.push({ role: name === "prompt" ? "user" : "system", text, pictures: [] });
  }
  const listed = request.messages ?? request.input ?? null;
  if (typeof listed === "string") found.push({ role: "user", text: listed, pictures: [] });
  for (const one of list(listed)) {
    if (typeof one === "string") found.push({ role: "user", text: one, pictures: [] });
    else found.push(messageOf(fields(one)));
  }
  return found.length ? found : null;
}

function messageOf(message: Fields): Message {
  const { text, pictures } = contentOf(message.content ?? message.output ?? message.arguments ?? null);
  const calls = list(message.tool_calls ?? null).map((call) => {
    const called = fields(fields(call).function ?? null);
    return `${word(called.name)}(${word(called.arguments)})`;
  });
  const role = word(message.role) || word(message.type) || "?";
  return { role, text: [text, ...calls].filter(Boolean).join("\n"), pictures };
}

function contentOf(content: Json): { text: string; pictures: string[] } {
  if (typeof content === "string") return { text: content, pictures: [] };
  const texts: string[] = [];
  const pictures: string[] = [];
  for (const part of list(content)) {
    if (typeof part === "string") {
      texts.push(part);
      continue;
    }
    const { type, text, image_url, source, input, name, content: inner } = fields(part);
    const picture = pictureOf(image_url ?? null, fields(source ?? null));
    if (picture) pictures.push(picture);
    else if (typeof text === "string") texts.push(text);
    else if (type === "tool_use") texts.push(`${word(name)}(${JSON.stringify(input)})`);
    else if (inner !== undefined) texts.push(contentOf(inner).text);
    else texts.push(`[${word(type)}]`);
  }
  return { text: texts.join("\n"), pictures };
}

function pictureOf(image: Json, source: Fields): string | null {
  const url = typeof image === "string" ? image : word(fields(image).url);
  const address = source.type === "base64" ? `data:${word(source.media_type)};base64,${word(source.data)}` : url;
  return /^data:image\/(png|jpeg|gif|webp);base64,/.test(address) ? address : null;
}

/** What an answer's body says; null where it is neither a stream of events nor JSON that says something. */
export function answerOf(body: string): Answer | null {
  const answer: Answer = { text: "", reasoning: "", tools: [], error: "", events: 0 };
  const whole = parsed(body);
  if (whole !== null) {
    takeWhole(answer, fields(whole));
  } else {
    for (const { data } of new EventReader().push(`${body}\n\n`)) {
      const event = parsed(data);
      if (event === null) continue;
      answer.events += 1;
      takeEvent(answer, fields(event));
    }
  }
  return answer.text || answer.reasoning || answer.tools.length || answer.error ? answer : null;
}

function takeWhole(answer: Answer, body: Fields): void {
  answer.error = errorOf(body);
  for (const choice of list(body.choices ?? null)) {
    const { message, text } = fields(choice);
    answer.text += word(text);
    takeDelta(answer, fields(message ?? null));
  }
  for (const part of [...list(body.content ?? null), ...list(body.output ?? null)]) takePart(answer, fields(part));
  if (typeof body.text === "string") answer.text += body.text;
  if (typeof body.content === "string") answer.text += body.content;
}

/** A block of Anthropic's answers or an item of Responses'. */
function takePart(answer: Answer, part: Fields): void {
  if (part.type === "thinking") answer.reasoning += word(part.thinking);
  else if (part.type === "reasoning") {
    for (const one of [...list(part.summary ?? null), ...list(part.content ?? null)])
      answer.reasoning += word(fields(one).text);
  } else if (part.type === "tool_use") answer.tools.push({ name: word(part.name), input: JSON.stringify(part.input) });
  else if (part.type === "function_call") answer.tools.push({ name: word(part.name), input: word(part.arguments) });
  else if (part.type === "message") for (const one of list(part.content ?? null)) takePart(answer, fields(one));
  else answer.text += word(part.text);
}

function takeEvent(answer: Answer, event: Fields): void {
  answer.error ||= errorOf(event);
  for (const choice of list(event.choices ?? null)) {
    const { delta, text } = fields(choice);
    answer.text += word(text);
    takeDelta(answer, fields(delta ?? null));
  }
  const delta = event.delta ?? null;
  if (event.type === "response.output_text.delta") answer.text += word(delta);
  else if (/^response\.reasoning(_summary)?_text\.delta$/.test(word(event.type))) answer.reasoning += word(delta);
  else if (event.type === "response.output_item.added") takeCall(answer, fields(event.item ?? null));
  else if (event.type === "response.function_call_arguments.delta") addInput(answer, word(delta));
  else if (event.type === "content_block_start") {
    const block = fields(event.content_block ?? null);
    if (block.type === "tool_use") answer.tools.push({ name: word(block.name), input: "" });
  } else if (event.type === "content_block_delta") {
    const { text, thinking, partial_json } = fields(delta);
    answer.text += word(text);
    answer.reasoning += word(thinking);
    addInput(answer, word(partial_json));
  } else if (typeof event.content === "string") answer.text += event.content;
}

/** A message of OpenAI's chats, or a piece of one. */
function takeDelta(answer: Answer, delta: Fields): void {
  answer.text += contentOf(delta.content ?? null).text;
  answer.reasoning += word(delta.reasoning_content) || word(delta.reasoning);
  for (const call of list(delta.tool_calls ?? null)) {
    const { index, function: called } = fields(call);
    const { name, arguments: input } = fields(called ?? null);
    const place = typeof index === "number" ? index : answer.tools.length;
    const tool = (answer.tools[Math.min(place, answer.tools.length)] ??= { name: "", input: "" });
    tool.name += word(name);
    tool.input += word(input);
  }
}

function takeCall(answer: Answer, item: Fields): void {
  if (item.type === "function_call") answer.tools.push({ name: word(item.name), input: "" });
}

function addInput(answer: Answer, piece: string): void {
  const tool = answer.tools.at(-1);
  if (tool) tool.input += piece;
}

function errorOf(body: Fields): string {
  const error = body.error ?? null;
  return typeof error === "string" ? error : word(fields(error).message);
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function fields(value: Json): Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function list(value: Json): Json[] {
  return Array.isArray(value) ? value : [];
}

function word(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
