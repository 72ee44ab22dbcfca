"""What the service does: browse the clips, stream and count one, curate them."""
