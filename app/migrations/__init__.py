"""What `app.migrate` is made of: comparing declarations with the database, and the steps between them."""
