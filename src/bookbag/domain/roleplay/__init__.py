"""Role-play: scenarios, programs, who is assigned, and recorded sessions."""
