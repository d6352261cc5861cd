//! The recording: an append-only file of sealed chunks. Written before anything else touches a sample.
