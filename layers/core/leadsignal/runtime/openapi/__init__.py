"""The OpenAPI 3.1 document, generated from the routes and models that serve the requests.

Only the route that answers it imports this package: no other request pays for it.
"""
