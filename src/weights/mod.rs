//! Model files: where they are, what they are, whether they are whole. Never their use.
