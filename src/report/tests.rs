//! The report's forms as wholes, and the promise that none can hold a word.
