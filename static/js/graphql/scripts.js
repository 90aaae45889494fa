// The same question as a script asks it. The token stays out: it comes from the environment.

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const python = (url, body) => `import os

import httpx

QUERY = """
${body.query.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"')}
"""
answer = httpx.post(
    ${JSON.stringify(url)},
    json={"query": QUERY, "variables": ${literal(body.variables)}},
    headers={"Authorization": f"Bearer {os.environ['MESHPORT_TOKEN']}"},
).json()
print(answer["data"])
`;

const javascript = (url, body) => `const query = \`
${body.query.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}
\`;
const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    Authorization: \`Bearer \${process.env.MESHPORT_TOKEN}\`,
  },
  body: JSON.stringify({ query, variables: ${JSON.stringify(body.variables)} }),
});
console.log((await response.json()).data);
`;

const curl = (url, body) =>
  `curl -s ${quoted(url)} -H "Authorization: Bearer $MESHPORT_TOKEN" -H "Content-Type: application/json" -d ${quoted(JSON.stringify(body))}`;

/** JSON as Python writes it. */
function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${literal(each)}`);
  return `{${members.join(", ")}}`;
}

export const SCRIPTS = { curl, python, javascript };
