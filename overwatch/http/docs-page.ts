/** The parts of an OpenAPI document that the page shows. */
interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: object;
}

/** `/api/docs`: the OpenAPI document as one plain page, without a script and without anything from elsewhere. */
export function docsPage(document: OpenApi): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(path, method, operation)),
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(document.info.title)} API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/main.css"></head>
<body class="docs">
<h1>${escaped(document.info.title)} API <small>${escaped(document.info.version)}</small></h1>
<p>${escaped(document.info.description ?? '')}</p>
<p><a href="/api/openapi.json">openapi.json</a> · <a href="/">back to the page</a></p>
${operations.join('\n')}
</body>
</html>
`;
}

function operationSection(path: string, method: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (parameter) =>
      `<tr><td><code>${escaped(parameter.name)}</code></td><td>${escaped(parameter.in)}</td>` +
      `<td>${parameter.required === true ? 'required' : ''}</td><td>${escaped(parameter.description ?? '')} ` +
      `<code>${escaped(shortSchema(parameter.schema))}</code></td></tr>`,
  );
  const responses = Object.entries(operation.responses ?? {}).map(
    ([status, response]) =>
      `<details><summary><code>${escaped(status)}</code> ${escaped(response.description ?? '')}</summary>` +
      `<pre>${escaped(JSON.stringify(response.content ?? {}, undefined, 2))}</pre></details>`,
  );
  return `<section><h2><code>${escaped(method.toUpperCase())} ${escaped(path)}</code></h2>
<p>${escaped(operation.summary ?? '')}</p><p>${escaped(operation.description ?? '')}</p>
${parameters.length === 0 ? '' : `<table><tbody>${parameters.join('')}</tbody></table>`}
${responses.join('\n')}</section>`;
}

const shortSchema = (schema: object | undefined): string => (schema === undefined ? '' : JSON.stringify(schema));

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
