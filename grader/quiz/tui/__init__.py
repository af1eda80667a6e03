"""The quiz as a full-screen interface (Textual); imported only when it is shown."""
