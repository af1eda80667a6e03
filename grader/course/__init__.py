"""What a course is: its nouns, and how they are read from disk."""
