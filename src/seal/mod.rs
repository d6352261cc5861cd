//! Sealing to a person: the only home of age. Knows nothing of this crate.
