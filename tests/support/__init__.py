"""The harness: throw-away PostgreSQL, databases from templates, a live server, a browser."""
