"""What an operator sees. Take this room away and every play is still played and counted."""
