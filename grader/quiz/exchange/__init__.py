"""Banks in other programs' formats: read, written, and every loss on the way said aloud."""
