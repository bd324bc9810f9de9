"""The words and the rules of Faultline: pure, without I/O; it imports no other part of the project."""
