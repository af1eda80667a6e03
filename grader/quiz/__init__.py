"""The quiz: items, marking, memory, sessions and exchange."""
