"""The server side without a twin in the browser: CORS, proxies, hosts, health, gunicorn."""
