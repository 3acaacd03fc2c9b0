// Swagger UI over this box's own document. The key that a person enters stays in the memory of this page.
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#page',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  persistAuthorization: false,
  queryConfigEnabled: false, // no link opens it on another document
  validatorUrl: null, // which else is a server on the internet
})
