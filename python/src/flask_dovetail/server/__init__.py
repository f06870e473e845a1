"""What has no twin in the browser: stores and their outages, CORS, proxies, health, gunicorn."""
