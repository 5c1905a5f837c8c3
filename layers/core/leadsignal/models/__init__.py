"""What things are: frozen pydantic models, no behaviour beyond their own shape."""
