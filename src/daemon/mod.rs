//! The recorder behind a Unix socket.
