//! What both people see. The schema has no field that can hold a word.
