"""The browser side: templates, static files and the TypeScript sources with their build."""
