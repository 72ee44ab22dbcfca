"""The REST API and the page: HTTP on one side, the use cases on the other."""
