// Shows the OpenAPI document of this server; nothing is asked of any other host.
const samples = { shell: ['curl'], powershell: ['restmethod'], python: ['requests'] };
const known = {
  c: ['libcurl'], clojure: ['clj_http'], csharp: ['httpclient', 'restsharp'], dart: ['http'], fsharp: ['httpclient'], go: ['native'],
  http: ['http1.1'], java: ['asynchttp', 'nethttp', 'okhttp', 'unirest'], js: ['axios', 'fetch', 'jquery', 'ofetch', 'xhr'], julia: ['http'],
  kotlin: ['okhttp'], node: ['axios', 'fetch', 'ofetch', 'undici'], objc: ['nsurlsession'], ocaml: ['cohttp'],
  php: ['curl', 'guzzle', 'laravel'], powershell: ['restmethod', 'webrequest'], python: ['python3', 'requests', 'aiohttp', 'httpx_sync', 'httpx_async'],
  r: ['httr2'], ruby: ['native'], rust: ['reqwest'], shell: ['curl', 'httpie', 'wget'], swift: ['nsurlsession'],
};
const hiddenClients = Object.fromEntries(
  Object.entries(known).map(([language, clients]) => [language, clients.filter((client) => !samples[language]?.includes(client))]));

Scalar.createApiReference('#reference', {
  url: '/api/openapi/v1.json',
  hiddenClients,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  documentDownloadType: 'json',
  operationTitleSource: 'summary',
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  mcp: { disabled: true },
  agent: { disabled: true },
});
