"""What has no twin in the browser: engines, Valkey, CORS, proxies, health."""
