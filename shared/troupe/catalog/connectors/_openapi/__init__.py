"""What the OpenAPI connector is made of: `schemas` reads JSON Schemas of a document, `document` its operations,
`message` turns arguments into a request and an answer into a value. All of it is pure."""
