"""What the exports are about: people, courses, and who may do what."""
