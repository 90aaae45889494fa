// The schema, asked for once, and which type the text stands in at a place.

const TYPE = "type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const QUESTION = `{ __schema {
  queryType { name } mutationType { name }
  types { kind name fields { name description args { name description ${TYPE} } ${TYPE} }
    inputFields { name description ${TYPE} } enumValues { name description } }
} }`;
const TOKEN = /#[^\n]*|"""[\s\S]*?(?:"""|$)|"(?:[^"\\\n]|\\.)*"?|\.\.\.|[A-Za-z_]\w*|[^\s,\w]|\d[\w.]*/g;

const innermost = (type) => (type.ofType ? innermost(type.ofType) : type.name);

/** How the schema writes a type: `[Int!]!`. */
export const written = (type) => {
  if (type.kind === "NON_NULL") return `${written(type.ofType)}!`;
  return type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
};

/** Asks for the schema with `ask(body)`; answers `{query, mutation, types: Map}`, or null. */
export async function load(ask) {
  const { answer } = await ask({ query: QUESTION });
  const found = answer?.data?.__schema;
  if (!found) return null;
  return {
    query: found.queryType.name,
    mutation: found.mutationType?.name,
    types: new Map(found.types.map((type) => [type.name, type])),
  };
}

/** What may stand at the end of `text`: `[{name, description, type}]`, for its last word. */
export function choices(schema, text) {
  const place = placeOf(schema, text);
  if (!place) return [];
  const type = schema.types.get(place.type);
  if (place.kind === "arguments") return place.field?.args ?? [];
  if (place.kind === "value") return type?.enumValues ?? [];
  return type?.fields ?? type?.inputFields ?? [];
}

/** Whether the text ends in a selection, in the arguments of a field, or in a value. */
function placeOf(schema, text) {
  const open = []; // what each bracket that is not closed stands in
  let [last, field, before, condition] = ["", null, "", false];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith("#") || token.startsWith('"')) continue;
    const here = open.at(-1);
    if (token === "{") open.push(entered(schema, here, field, last, condition));
    else if (token === "(" || token === "[") open.push({ ...(here ?? {}), kind: token === "(" ? "arguments" : here?.kind, field });
    else if (token === "}" || token === ")" || token === "]") open.pop();
    else if (/^[A-Za-z_]/.test(token)) {
      condition = before === "on";
      if (here?.kind === "selection" && before !== "..." && before !== "on" && before !== "@") field = fieldOf(schema, here.type, token);
      last = condition || !here ? (here || condition ? token : rootOf(schema, token) ?? last) : last;
    }
    before = token;
    if (token === "}" && open.length === 0) [last, condition] = ["", false];
  }
  const here = open.at(-1);
  const word = /[A-Za-z_]\w*$/.exec(text)?.[0] ?? "";
  const rest = text.slice(0, text.length - word.length).trimEnd();
  if (here?.kind !== "arguments") return here ?? null;
  const named = /([A-Za-z_]\w*)\s*:\s*\[?[^:(){}]*$/.exec(rest)?.[1];
  if (!named || !/[:[]$|,$/.test(rest)) return { ...here, field: here.field };
  const argument = here.field?.args.find((each) => each.name === named);
  return rest.endsWith(":") || rest.endsWith("[") ? { kind: "value", type: argument && innermost(argument.type) } : here;
}

function entered(schema, here, field, last, condition) {
  if (here?.kind === "arguments") return { kind: "input", type: null };
  if (!here) return { kind: "selection", type: last || schema.query };
  return { kind: "selection", type: condition ? last : field && innermost(field.type) };
}

const rootOf = (schema, word) => ({ query: schema.query, mutation: schema.mutation })[word];

function fieldOf(schema, type, name) {
  return schema.types.get(type)?.fields?.find((each) => each.name === name) ?? null;
}
