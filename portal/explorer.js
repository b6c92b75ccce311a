// Shows the OpenAPI document of the Public Data API; nothing is asked of any other host.
SwaggerUIBundle({
  url: `/ws/v3/api-docs${location.search}`,
  dom_id: '#explorer',
  deepLinking: true,
  validatorUrl: null,
});
