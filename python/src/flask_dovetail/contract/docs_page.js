// Starts Swagger UI, and sends the CSRF token with unsafe requests so that a signed-in person can
// try them.
const page = document.getElementById("swagger-ui");
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

async function withToken(request) {
  const sameOrigin = new URL(request.url, location.href).origin === location.origin;
  if (!sameOrigin || SAFE.has((request.method ?? "GET").toUpperCase())) return request;
  const answer = await fetch(page.dataset.csrfToken, { credentials: "same-origin" });
  if (answer.ok) request.headers[page.dataset.csrfHeader] = (await answer.json()).csrf;
  return request;
}

window.ui = SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  deepLinking: true,
  displayOperationId: true,
  validatorUrl: null,
  requestInterceptor: withToken,
});
