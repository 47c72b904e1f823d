"""Templates: definitions to copy and adapt. They are the texts of `docs/examples`, so that what is offered is what is
tested; a folder there with a line in its README is one more template.

models is what one says; service reads them; routes lists them.
"""
