"""What a Lambda function needs around its handler: settings, wiring, HTTP, logging."""
