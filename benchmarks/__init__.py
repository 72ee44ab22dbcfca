"""What we measure ourselves against, and how. Nothing here is part of the service."""
