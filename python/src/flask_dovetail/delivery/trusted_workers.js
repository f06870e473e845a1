// Under require-trusted-types-for, a worker needs a trusted address. The page's policy allows workers of the page's own
// origin (worker-src falls back to script-src 'self'), so this trusts exactly those. The name `default` stays free for the
// app. No character here opens or ends a tag, so that the script may be inlined.
(function (types) {
  if (!types) return;
  let policy;
  try {
    policy = types.createPolicy("dovetail-workers", {
      createScriptURL(url) {
        return url;
      },
    });
  } catch {
    return; // another policy of the page's, a proxy's perhaps, does not list this name
  }
  function trusted(url) {
    if (types.isScriptURL(url)) return url;
    const address = new URL(url, document.baseURI);
    if (!/^https?:$/.test(address.protocol) || address.origin !== location.origin) return url;
    return policy.createScriptURL(address.href);
  }
  for (const name of ["Worker", "SharedWorker"]) {
    if (!window[name]) continue;
    window[name] = new Proxy(window[name], {
      construct(target, [url, ...rest], made) {
        return Reflect.construct(target, [trusted(url), ...rest], made);
      },
    });
  }
  if (!window.ServiceWorkerContainer) return;
  const container = ServiceWorkerContainer.prototype;
  container.register = new Proxy(container.register, {
    apply(target, self, [url, ...rest]) {
      return Reflect.apply(target, self, [trusted(url), ...rest]);
    },
  });
})(window.trustedTypes);
